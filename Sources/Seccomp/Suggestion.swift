/// Finds the name that was probably meant.
enum Suggestion {
    /// The candidate nearest to `name`, if it is near enough to be a slip of the keyboard.
    static func nearest(to name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.lowercased().utf8)
        let limit = max(1, min(3, wanted.count / 3))
        var best: Rank?
        for candidate in candidates {
            let bytes = Array(candidate.lowercased().utf8)
            guard abs(bytes.count - wanted.count) <= limit else { continue }
            let rank = Rank(
                distance: distance(wanted, bytes),
                differing: -zip(wanted, bytes).prefix { $0 == $1 }.count,
                name: candidate
            )
            if rank.distance <= limit, best.map({ rank < $0 }) ?? true { best = rank }
        }
        return best?.name
    }

    /// The nearer comes first, then the one that is the same for longer, then the name, so that the answer does not
    /// depend on the order of a set.
    private struct Rank: Comparable {
        let distance: Int
        let differing: Int
        let name: String

        static func < (left: Rank, right: Rank) -> Bool {
            (left.distance, left.differing, left.name) < (right.distance, right.differing, right.name)
        }
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
