/// One instruction of classic BPF (`struct sock_filter` in linux/filter.h).
public struct BPFInstruction: Hashable, Sendable {
    /// Class, size, mode and operation.
    public let code: UInt16
    /// How many instructions a true comparison skips.
    public let jt: UInt8
    /// How many instructions a false comparison skips.
    public let jf: UInt8
    /// The operand.
    public let k: UInt32

    /// Makes an instruction.
    public init(code: UInt16, jt: UInt8 = 0, jf: UInt8 = 0, k: UInt32 = 0) {
        self.code = code
        self.jt = jt
        self.jf = jf
        self.k = k
    }
}

/// The instruction codes that Bailey emits, or meets in filters of libseccomp; from linux/bpf_common.h.
public enum BPFCode {
    /// Loads the word at offset `k` of `seccomp_data`.
    public static let loadWord: UInt16 = 0x20
    /// Keeps the bits of `k`.
    public static let and: UInt16 = 0x54
    /// Skips `k` instructions.
    public static let jump: UInt16 = 0x05
    /// Compares for equality with `k`.
    public static let jumpIfEqual: UInt16 = 0x15
    /// Compares for greater than `k`, unsigned.
    public static let jumpIfGreater: UInt16 = 0x25
    /// Compares for at least `k`, unsigned.
    public static let jumpIfGreaterOrEqual: UInt16 = 0x35
    /// Tests for a bit of `k`.
    public static let jumpIfAnyBit: UInt16 = 0x45
    /// Ends with `k` as the result.
    public static let returnValue: UInt16 = 0x06
}

/// Offsets into `struct seccomp_data`, see seccomp(2).
enum SeccompField {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4
    static let size: UInt32 = 64

    // Little endian: the lower word stands first.
    static func low(_ argument: Int) -> UInt32 { 16 + 8 * UInt32(argument) }
    static func high(_ argument: Int) -> UInt32 { low(argument) + 4 }
}
