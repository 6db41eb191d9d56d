/// Why a program is no filter; `at` is the index of the instruction.
public enum BPFFault: Error, Equatable, Sendable {
    /// No instruction, or more than the kernel takes.
    case length(Int)
    /// The kernel does not know this instruction in a filter of system calls.
    case instruction(UInt16, at: Int)
    /// A jump behind the end.
    case target(at: Int)
    /// A load from outside `seccomp_data`, or not at a multiple of four.
    case offset(UInt32, at: Int)
    /// A scratch word that does not exist, or that holds nothing yet.
    case memory(at: Int)
    /// Division by zero, or a shift by 32 or more.
    case operand(at: Int)
    /// The last instruction does not return.
    case end
}

/// Checks a program as the kernel does before it takes it.
///
/// The rules are those of `bpf_check_classic` and `seccomp_check_filter` in the kernel, so what passes here is not
/// refused when a guest is about to start. Jumps lead only forward: a program that passes ends.
public enum BPFVerifier {
    /// `BPF_MAXINSNS`.
    public static let maximumLength = 4096

    /// Returns if the kernel would take `program`.
    public static func check(_ program: [BPFInstruction]) throws(BPFFault) {
        guard (1...maximumLength).contains(program.count) else { throw .length(program.count) }
        for (index, instruction) in program.enumerated() {
            try check(instruction, at: index, of: program.count)
        }
        guard let last = program.last, last.code & 0x07 == BPFClass.ret else { throw .end }
        try checkMemory(program)
    }

    private static func check(_ instruction: BPFInstruction, at index: Int, of count: Int) throws(BPFFault) {
        guard BPFClass.permitted.contains(instruction.code) else {
            throw .instruction(instruction.code, at: index)
        }
        // Instructions that are left, this one not among them.
        let rest = count - index - 1
        switch instruction.code {
        case BPFCode.loadWord:
            let offset = instruction.k
            guard offset % 4 == 0, offset < SeccompField.size else { throw .offset(offset, at: index) }
        case BPFCode.jump:
            guard instruction.k < UInt32(rest) else { throw .target(at: index) }
        case 0x60, 0x61, 0x02, 0x03:
            guard instruction.k < 16 else { throw .memory(at: index) }
        case 0x34:
            guard instruction.k != 0 else { throw .operand(at: index) }
        case 0x64, 0x74:
            guard instruction.k < 32 else { throw .operand(at: index) }
        case let code where code & 0x07 == BPFClass.jmp:
            guard max(Int(instruction.jt), Int(instruction.jf)) < rest else { throw .target(at: index) }
        default:
            break
        }
    }

    // On every way to a load from a scratch word there has to be a store to it.
    private static func checkMemory(_ program: [BPFInstruction]) throws(BPFFault) {
        // Per instruction: the words stored on all ways that lead to it.
        var stored = [UInt16](repeating: .max, count: program.count + 1)
        var current: UInt16 = 0
        for (index, instruction) in program.enumerated() {
            current &= stored[index]
            let word = UInt16(1) << UInt16(instruction.k & 15)
            switch instruction.code {
            case 0x02, 0x03:
                current |= word
            case 0x60, 0x61:
                guard current & word != 0 else { throw .memory(at: index) }
            case BPFCode.jump:
                stored[index + 1 + Int(instruction.k)] &= current
                current = .max
            case let code where code & 0x07 == BPFClass.jmp:
                stored[index + 1 + Int(instruction.jt)] &= current
                stored[index + 1 + Int(instruction.jf)] &= current
                current = .max
            default:
                break
            }
        }
    }
}

/// Instruction classes (the lowest three bits of a code) and the codes that filters of system calls may use.
enum BPFClass {
    static let jmp: UInt16 = 0x05
    static let ret: UInt16 = 0x06

    static let permitted: Set<UInt16> = [
        0x20, 0x80, 0x81,  // load the word at an offset, or its length, into A or X
        0x06, 0x16,  // return a constant or A
        0x04, 0x0C, 0x14, 0x1C, 0x24, 0x2C, 0x34, 0x3C,  // add, subtract, multiply, divide by a constant or X
        0x44, 0x4C, 0x54, 0x5C, 0xA4, 0xAC,  // or, and, exclusive or
        0x64, 0x6C, 0x74, 0x7C, 0x84,  // shift left and right, negate
        0x00, 0x01, 0x07, 0x87,  // load a constant, move between A and X
        0x60, 0x61, 0x02, 0x03,  // load and store a scratch word
        0x05, 0x15, 0x1D, 0x25, 0x2D, 0x35, 0x3D, 0x45, 0x4D,  // jumps
    ]
}
