/// Writes the search for a call's number, and what follows from it, for one value of `seccomp_data.arch`.
struct RangeTree {
    /// How many exceptions are asked for one after the other before a further comparison divides them.
    private static let longestChain = 4

    private let ranges: [NumberRange]
    private let wideArguments: Bool
    private var verdicts: [CallVerdict: BPFAssembler.Label] = [:]

    init(_ ranges: NumberRanges, wideArguments: Bool) {
        self.ranges = ranges.ranges
        self.wideArguments = wideArguments
    }

    /// Writes the tree; the place it returns loads the number and searches.
    mutating func write(to program: inout BPFAssembler) -> BPFAssembler.Label {
        let root = search(ranges[...], &program)
        return program.load(SeccompField.number, then: root)
    }

    // Expects the number in the accumulator and between the first and the last of `slice`.
    private mutating func search(
        _ slice: ArraySlice<NumberRange>,
        _ program: inout BPFAssembler
    ) -> BPFAssembler.Label {
        if let (rule, exceptions) = Self.chain(slice) {
            return exceptions.reversed().reduce(place(rule, &program)) { next, exception in
                let verdict = place(exception.verdict, &program)
                return program.branch(BPFCode.jumpIfEqual, exception.first, yes: verdict, no: next)
            }
        }
        let middle = slice.startIndex + slice.count / 2
        let upper = search(slice[middle...], &program)
        let lower = search(slice[..<middle], &program)
        return program.branch(BPFCode.jumpIfGreaterOrEqual, slice[middle].first, yes: upper, no: lower)
    }

    // One verdict for all but a few single numbers: a comparison for each of those is shorter than a tree.
    private static func chain(_ slice: ArraySlice<NumberRange>) -> (CallVerdict, [NumberRange])? {
        let common = slice.first { !$0.isSingle } ?? slice.last
        guard let rule = common?.verdict else { return nil }
        let exceptions = slice.filter { $0.verdict != rule }
        return exceptions.count <= longestChain && exceptions.allSatisfy(\.isSingle) ? (rule, exceptions) : nil
    }

    private mutating func place(_ verdict: CallVerdict, _ program: inout BPFAssembler) -> BPFAssembler.Label {
        if verdict.conditional.isEmpty { return program.place(returning: verdict.otherwise) }
        if let known = verdicts[verdict] { return known }
        let tests = ArgumentTests(wide: wideArguments)
        let label = tests.write(verdict, to: &program)
        verdicts[verdict] = label
        return label
    }
}
