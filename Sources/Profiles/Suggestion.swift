/// Finds the name that was probably meant.
enum Suggestion {
    /// Names longer than this are not compared: no name of ours is, and the work stays bounded for hostile input.
    static let longest = 48

    /// The candidate nearest to `word`, or nil when none is near enough to be a slip of the hand.
    ///
    /// Letter case is forgiven first; then up to one edit in three letters.
    static func nearest(to word: String, among candidates: some Sequence<String>, edits: Int = 3) -> String? {
        let wanted = Array(word.lowercased().utf8)
        guard !wanted.isEmpty, wanted.count <= longest else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let bound =
                best.map { $0.distance - 1 } ?? min(edits, allowance(for: max(wanted.count, candidate.utf8.count)))
            guard bound >= 0, let found = distance(wanted, Array(candidate.lowercased().utf8), within: bound) else {
                continue
            }
            best = (candidate, found)
            if found == 0 { break }
        }
        return best?.name
    }

    private static func allowance(for length: Int) -> Int { min(3, (length + 1) / 3) }

    /// Edits (insert, delete, replace, swap of neighbours) from `left` to `right`; nil when there are more than `bound`.
    ///
    /// The optimal-string-alignment recurrence with three rows.
    private static func distance(_ left: [UInt8], _ right: [UInt8], within bound: Int) -> Int? {
        guard abs(left.count - right.count) <= bound else { return nil }
        var older = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        var row = older
        for i in 0..<left.count {
            row[0] = i + 1
            for j in 0..<right.count {
                let replaced = last[j] + (left[i] == right[j] ? 0 : 1)
                row[j + 1] = min(last[j + 1] + 1, row[j] + 1, replaced)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    row[j + 1] = min(row[j + 1], older[j - 1] + 1)
                }
            }
            if row.allSatisfy({ $0 > bound }) { return nil }
            (older, last, row) = (last, row, older)
        }
        return last[right.count] <= bound ? last[right.count] : nil
    }
}
