/// A system call interface that a program on an x86-64 kernel can use.
///
/// A process may switch between them from one call to the next, so a filter has to judge all of them, whatever the
/// program was compiled for. See seccomp(2), NOTES.
public enum SeccompArchitecture: String, CaseIterable, Sendable {
    /// The native interface.
    case native = "x86_64"
    /// The 32-bit interface: `int 0x80`, and 32-bit programs.
    case i386
    /// 32-bit pointers on 64-bit registers: native calls with bit 30 of the number set.
    case x32

    /// Bit 30, which tells an x32 call from a native one (`__X32_SYSCALL_BIT` in the kernel).
    public static let x32Bit: UInt32 = 0x4000_0000

    /// What `seccomp_data.arch` holds (`AUDIT_ARCH_*` in linux/audit.h); x32 shares that of x86-64.
    public var auditValue: UInt32 {
        switch self {
        case .native, .x32: 0xC000_003E
        case .i386: 0x4000_0003
        }
    }

    /// libseccomp's `SCMP_ARCH_*` value.
    var libraryToken: UInt32 {
        switch self {
        case .native: 0xC000_003E
        case .i386: 0x4000_0003
        case .x32: 0x4000_003E
        }
    }

    /// The first number of this interface as it stands in `seccomp_data.nr`.
    var firstNumber: UInt32 { self == .x32 ? Self.x32Bit : 0 }

    /// The highest number that Bailey knows; what lies above is newer than any policy.
    ///
    /// x32 has numbers of its own from 512 to 547, and none will ever be added there.
    var lastNumber: UInt32 { self == .x32 ? Self.x32Bit + 547 : NewerCalls.newest }

    /// Whether the upper halves of arguments can be other than zero.
    var hasWideArguments: Bool { self != .i386 }
}
