/// A list of CPU or memory node numbers as the kernel writes it: `0-3,8`.
///
/// - SeeAlso: cpuset(7), "List format".
struct IndexList: Equatable {
    /// Sorted, without overlaps, neighbours joined.
    private(set) var ranges: [ClosedRange<Int>] = []

    /// nil when the text is not a list; an empty text is the empty list.
    init?(_ text: String) {
        if text.isEmpty { return }
        var found: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap(Self.number), let last = ends.last.flatMap(Self.number),
                first <= last
            else { return nil }
            found.append(first...last)
        }
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) { join(range) }
    }

    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ 48...57 ~= $0 }), let number = Int(text), number < 1 << 16 else { return nil }
        return number
    }

    private mutating func join(_ range: ClosedRange<Int>) {
        guard let last = ranges.last, range.lowerBound <= last.upperBound + 1 else {
            ranges.append(range)
            return
        }
        ranges[ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }

    var isEmpty: Bool { ranges.isEmpty }

    func isSubset(of other: IndexList) -> Bool {
        ranges.allSatisfy { range in
            other.ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
        }
    }
}
