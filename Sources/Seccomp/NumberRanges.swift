/// Neighbouring call numbers with one verdict.
struct NumberRange: Equatable {
    let first: UInt32
    let last: UInt32
    let verdict: CallVerdict

    var isSingle: Bool { first == last }
}

/// All 32-bit call numbers, cut into ranges, ascending and without a gap: there is no number without a verdict.
struct NumberRanges {
    private(set) var ranges: [NumberRange] = []

    /// The ranges for one value of `seccomp_data.arch`.
    ///
    /// - Parameters:
    ///   - architectures: The interfaces that share the value: i386 alone, or x86-64 and x32 if that is allowed.
    ///   - verdicts: By name.
    ///   - fallback: For numbers in use that have no verdict.
    ///   - newer: For numbers not in use yet.
    init(
        _ architectures: [SeccompArchitecture],
        verdicts: [String: CallVerdict],
        fallback: SeccompAction,
        newer: SeccompAction
    ) {
        var next: UInt32 = 0
        for architecture in architectures {
            fill(from: &next, upTo: architecture.firstNumber, CallVerdict(otherwise: newer))
            let named = Self.numbered(verdicts, architecture)
            for (number, verdict) in named {
                fill(from: &next, upTo: number, CallVerdict(otherwise: fallback))
                fill(from: &next, upTo: number + 1, verdict)
            }
            fill(from: &next, upTo: architecture.lastNumber + 1, CallVerdict(otherwise: fallback))
        }
        // Without x32 in the list this covers its numbers as well.
        if !architectures.contains(.x32) && architectures.contains(.native) {
            fill(from: &next, upTo: SeccompArchitecture.x32Bit, CallVerdict(otherwise: newer))
            append(NumberRange(first: next, last: .max, verdict: CallVerdict(otherwise: .absent)))
        } else {
            append(NumberRange(first: next, last: .max, verdict: CallVerdict(otherwise: newer)))
        }
    }

    private static func numbered(
        _ verdicts: [String: CallVerdict],
        _ architecture: SeccompArchitecture
    ) -> [(UInt32, CallVerdict)] {
        let numbers = SyscallTable.on(architecture).numbers
        let pairs = verdicts.compactMap { name, verdict in numbers[name].map { ($0, verdict) } }
        return pairs.sorted { $0.0 < $1.0 }
    }

    private mutating func fill(from next: inout UInt32, upTo end: UInt32, _ verdict: CallVerdict) {
        guard next < end else { return }
        append(NumberRange(first: next, last: end - 1, verdict: verdict))
        next = end
    }

    private mutating func append(_ range: NumberRange) {
        if let before = ranges.last, before.verdict == range.verdict {
            ranges.removeLast()
            ranges.append(NumberRange(first: before.first, last: range.last, verdict: range.verdict))
        } else {
            ranges.append(range)
        }
    }
}
