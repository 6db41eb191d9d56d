/// A filter as the kernel takes it: sound by construction, see ``BPFVerifier``.
public struct SeccompProgram: Hashable, Sendable {
    /// 1 to 4,096 instructions.
    public let instructions: [BPFInstruction]

    /// Takes instructions that the kernel would take.
    ///
    /// - Throws: ``BPFFault`` naming the first that it would not.
    public init(_ instructions: [BPFInstruction]) throws(BPFFault) {
        try BPFVerifier.check(instructions)
        self.instructions = instructions
    }

    /// Takes what ``bytes`` gave; `nil` if that is no sound program.
    public init?(bytes: [UInt8]) {
        guard bytes.count % Self.instructionSize == 0 else { return nil }
        var instructions: [BPFInstruction] = []
        instructions.reserveCapacity(bytes.count / Self.instructionSize)
        for start in stride(from: 0, to: bytes.count, by: Self.instructionSize) {
            let code = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
            let k = (4..<8).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * ($1 - 4)) }
            instructions.append(BPFInstruction(code: code, jt: bytes[start + 2], jf: bytes[start + 3], k: k))
        }
        guard let program = try? SeccompProgram(instructions) else { return nil }
        self = program
    }

    /// `struct sock_filter[]` as x86-64 lays it out: code (2 bytes), jt, jf, k (4 bytes), little endian.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(instructions.count * Self.instructionSize)
        for instruction in instructions {
            let k = instruction.k
            bytes.append(UInt8(truncatingIfNeeded: instruction.code))
            bytes.append(UInt8(truncatingIfNeeded: instruction.code >> 8))
            bytes.append(instruction.jt)
            bytes.append(instruction.jf)
            for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: k >> shift)) }
        }
        return bytes
    }

    private static let instructionSize = 8
}
