/// Finds the name that was probably meant.
enum Suggestion {
    /// The candidate nearest to `name`, if it is near enough to be a slip of the keyboard.
    static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let limit = max(1, min(3, wanted.count / 3))
        var best: (distance: Int, name: String)?
        for candidate in candidates {
            let bytes = Array(candidate.lowercased().utf8)
            guard abs(bytes.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, bytes)
            // The name decides between equals, so that the answer does not depend on the order of a set.
            if distance <= limit, best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
                best = (distance, candidate)
            }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous: [Int] = []
        var current = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            let beforePrevious = previous
            previous = current
            current[0] = row + 1
            for (column, other) in right.enumerated() {
                let replaced = previous[column] + (byte == other ? 0 : 1)
                current[column + 1] = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    current[column + 1] = min(current[column + 1], beforePrevious[column - 1] + 1)
                }
            }
        }
        return current[right.count]
    }
}
