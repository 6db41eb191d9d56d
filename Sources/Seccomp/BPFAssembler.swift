/// Puts a program together from its end to its beginning.
///
/// BPF jumps only forward. Writing backward, every target stands already when the jump to it is written, so its
/// distance is known, and a jump that is too far for its eight bits can go by way of a long one right behind it.
struct BPFAssembler {
    /// A place in the program to which one can jump.
    struct Label: Hashable {
        fileprivate let fromEnd: Int
    }

    private var backward: [BPFInstruction] = []
    private var returns: [UInt32: Label] = [:]

    /// The instructions in the order of execution.
    var instructions: [BPFInstruction] { backward.reversed() }

    /// A place that returns `action`: one that exists if it is near enough, else a new one, which costs no more than
    /// the long jump it saves.
    mutating func place(returning action: SeccompAction) -> Label {
        let value = action.returnValue
        // A little less than a jump can reach, as the jump is yet to be written.
        if let known = returns[value], distance(to: known) < 250 { return known }
        let label = append(BPFInstruction(code: BPFCode.returnValue, k: value))
        returns[value] = label
        return label
    }

    /// Compares the accumulator with `k` and goes on at one of two places.
    mutating func branch(_ code: UInt16, _ k: UInt32, yes: Label, no: Label) -> Label {
        var (yes, no) = (yes, no)
        // One less than it reaches: a long jump for the other side may come in between.
        if distance(to: yes) > 254 { yes = longJump(to: yes) }
        if distance(to: no) > 255 { no = longJump(to: no) }
        let jt = UInt8(distance(to: yes))
        let jf = UInt8(distance(to: no))
        return append(BPFInstruction(code: code, jt: jt, jf: jf, k: k))
    }

    /// Loads the word of `seccomp_data` at `offset`, keeps the bits of `mask`, and goes on at `next`.
    mutating func load(_ offset: UInt32, mask: UInt32 = .max, then next: Label) -> Label {
        var next = next
        if distance(to: next) != 0 { next = longJump(to: next) }
        if mask != .max { next = append(BPFInstruction(code: BPFCode.and, k: mask)) }
        return append(BPFInstruction(code: BPFCode.loadWord, k: offset))
    }

    private mutating func longJump(to label: Label) -> Label {
        append(BPFInstruction(code: BPFCode.jump, k: UInt32(distance(to: label))))
    }

    /// How many instructions an instruction written now would have to skip to get to `label`.
    private func distance(to label: Label) -> Int {
        backward.count - label.fromEnd - 1
    }

    private mutating func append(_ instruction: BPFInstruction) -> Label {
        backward.append(instruction)
        return Label(fromEnd: backward.count - 1)
    }
}
