/// Writes the conditions of a verdict: 64-bit comparisons made of 32-bit ones.
struct ArgumentTests {
    typealias Label = BPFAssembler.Label

    /// Whether the upper halves of arguments count; on i386 they are zero.
    let wide: Bool

    /// Writes the whole verdict; any place of the program may jump to the one returned.
    func write(_ verdict: CallVerdict, to program: inout BPFAssembler) -> Label {
        verdict.conditional.reversed().reduce(program.place(returning: verdict.otherwise)) { next, candidate in
            let applies = program.place(returning: candidate.action)
            return candidate.conditions.reversed().reduce(applies) { holds, condition in
                write(condition, yes: holds, no: next, &program)
            }
        }
    }

    private func write(_ condition: ArgumentCondition, yes: Label, no: Label, _ program: inout BPFAssembler) -> Label {
        let (greater, atLeast) = (BPFCode.jumpIfGreater, BPFCode.jumpIfGreaterOrEqual)
        return switch condition.comparison {
        case .equal: equality(condition, yes: yes, no: no, &program)
        case .notEqual: equality(condition, yes: no, no: yes, &program)
        case .greater: order(condition, greater, yes: yes, no: no, &program)
        case .greaterOrEqual: order(condition, atLeast, yes: yes, no: no, &program)
        case .less: order(condition, atLeast, yes: no, no: yes, &program)
        case .lessOrEqual: order(condition, greater, yes: no, no: yes, &program)
        }
    }

    private func equality(_ test: ArgumentCondition, yes: Label, no: Label, _ program: inout BPFAssembler) -> Label {
        // The upper half is known to be zero: if the value's is not, they differ.
        if !looksAtHigh(test) && high(test.value) != 0 { return no }
        let lower = low(test, BPFCode.jumpIfEqual, yes: yes, no: no, &program)
        guard looksAtHigh(test) else { return lower }
        let upper = program.branch(BPFCode.jumpIfEqual, high(test.value), yes: lower, no: no)
        return program.load(SeccompField.high(test.argument), mask: high(test.mask), then: upper)
    }

    // `comparison` is > or >=: the upper halves decide unless they are equal.
    private func order(
        _ test: ArgumentCondition,
        _ comparison: UInt16,
        yes: Label,
        no: Label,
        _ program: inout BPFAssembler
    ) -> Label {
        if !looksAtHigh(test) && high(test.value) != 0 { return no }
        let lower = low(test, comparison, yes: yes, no: no, &program)
        guard looksAtHigh(test) else { return lower }
        let tie = program.branch(BPFCode.jumpIfEqual, high(test.value), yes: lower, no: no)
        let upper = program.branch(BPFCode.jumpIfGreater, high(test.value), yes: yes, no: tie)
        return program.load(SeccompField.high(test.argument), mask: high(test.mask), then: upper)
    }

    private func low(
        _ test: ArgumentCondition,
        _ comparison: UInt16,
        yes: Label,
        no: Label,
        _ program: inout BPFAssembler
    ) -> Label {
        let branch = program.branch(comparison, low(test.value), yes: yes, no: no)
        return program.load(SeccompField.low(test.argument), mask: low(test.mask), then: branch)
    }

    private func looksAtHigh(_ test: ArgumentCondition) -> Bool { wide && high(test.mask) != 0 }

    private func low(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value) }

    private func high(_ value: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: value >> 32) }
}
