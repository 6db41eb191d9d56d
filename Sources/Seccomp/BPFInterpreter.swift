/// What the kernel hands a filter: `struct seccomp_data`, see seccomp(2).
public struct SeccompCall: Hashable, Sendable {
    /// The number as the process gave it, for x32 with its bit.
    public let number: UInt32
    /// `AUDIT_ARCH_*`.
    public let architecture: UInt32
    /// Where the call was made.
    public let instructionPointer: UInt64
    /// Six of them.
    public let arguments: [UInt64]

    /// Makes a call; arguments that are missing are zero.
    public init(
        number: UInt32,
        architecture: UInt32,
        arguments: [UInt64] = [],
        instructionPointer: UInt64 = 0
    ) {
        self.number = number
        self.architecture = architecture
        self.instructionPointer = instructionPointer
        self.arguments = (0..<6).map { $0 < arguments.count ? arguments[$0] : 0 }
    }

    /// The word at a multiple of four below 64, `nil` elsewhere.
    func word(at offset: UInt32) -> UInt32? {
        guard offset % 4 == 0, offset < SeccompField.size else { return nil }
        switch offset {
        case SeccompField.number: return number
        case SeccompField.architecture: return architecture
        default:
            // From offset 8 on there are words of eight bytes: the instruction pointer and the arguments.
            let index = Int(offset - 8) / 8
            let value = index == 0 ? instructionPointer : arguments[index - 1]
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? value : value >> 32)
        }
    }
}

/// Runs filters without a kernel: what tests and `bailey explain` ask.
public struct BPFInterpreter {
    private let call: SeccompCall
    private var accumulator: UInt32 = 0
    private var index: UInt32 = 0
    private var memory = [UInt32](repeating: 0, count: 16)

    private init(_ call: SeccompCall) {
        self.call = call
    }

    /// What `program` returns for `call`.
    public static func run(_ program: SeccompProgram, on call: SeccompCall) throws(BPFFault) -> UInt32 {
        try run(program.instructions, on: call)
    }

    /// As the other, for any instructions at all: whatever they are, this ends with a value or a fault.
    public static func run(_ program: [BPFInstruction], on call: SeccompCall) throws(BPFFault) -> UInt32 {
        var machine = BPFInterpreter(call)
        var next = 0
        // Every instruction leads forward.
        while next < program.count {
            let instruction = program[next]
            if instruction.code & 0x07 == BPFClass.ret { return try machine.result(instruction, at: next) }
            next += 1 + (try machine.step(instruction, at: next))
        }
        throw .end
    }

    private func result(_ instruction: BPFInstruction, at place: Int) throws(BPFFault) -> UInt32 {
        switch instruction.code {
        case 0x06: return instruction.k
        case 0x16: return accumulator
        default: throw .instruction(instruction.code, at: place)
        }
    }

    // How many instructions to skip.
    private mutating func step(_ instruction: BPFInstruction, at place: Int) throws(BPFFault) -> Int {
        guard BPFClass.permitted.contains(instruction.code) else {
            throw .instruction(instruction.code, at: place)
        }
        switch instruction.code & 0x07 {
        case 0x00: accumulator = try loaded(instruction, at: place)
        case 0x01: index = try loaded(instruction, at: place)
        case 0x02: try store(accumulator, instruction, at: place)
        case 0x03: try store(index, instruction, at: place)
        case 0x04: accumulator = try computed(instruction, at: place)
        case 0x05: return skipped(instruction)
        default: if instruction.code == 0x07 { index = accumulator } else { accumulator = index }
        }
        return 0
    }

    private func loaded(_ instruction: BPFInstruction, at place: Int) throws(BPFFault) -> UInt32 {
        switch instruction.code & 0xE0 {
        case 0x20:
            guard let word = call.word(at: instruction.k) else { throw .offset(instruction.k, at: place) }
            return word
        case 0x60:
            guard instruction.k < 16 else { throw .memory(at: place) }
            return memory[Int(instruction.k)]
        case 0x80: return SeccompField.size
        default: return instruction.k
        }
    }

    private mutating func store(_ value: UInt32, _ instruction: BPFInstruction, at place: Int) throws(BPFFault) {
        guard instruction.k < 16 else { throw .memory(at: place) }
        memory[Int(instruction.k)] = value
    }

    private func computed(_ instruction: BPFInstruction, at place: Int) throws(BPFFault) -> UInt32 {
        let operand = instruction.code & 0x08 == 0 ? instruction.k : index
        switch instruction.code & 0xF0 {
        case 0x00: return accumulator &+ operand
        case 0x10: return accumulator &- operand
        case 0x20: return accumulator &* operand
        case 0x30:
            guard operand != 0 else { throw .operand(at: place) }
            return accumulator / operand
        case 0x40: return accumulator | operand
        case 0x50: return accumulator & operand
        // The kernel masks a shift by X to five bits.
        case 0x60: return accumulator &<< operand
        case 0x70: return accumulator &>> operand
        case 0x80: return 0 &- accumulator
        default: return accumulator ^ operand
        }
    }

    private func skipped(_ instruction: BPFInstruction) -> Int {
        let operand = instruction.code & 0x08 == 0 ? instruction.k : index
        let holds: Bool
        switch instruction.code & 0xF0 {
        case 0x00: return Int(instruction.k)
        case 0x10: holds = accumulator == operand
        case 0x20: holds = accumulator > operand
        case 0x30: holds = accumulator >= operand
        default: holds = accumulator & operand != 0
        }
        return Int(holds ? instruction.jt : instruction.jf)
    }
}
