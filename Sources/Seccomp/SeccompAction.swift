import LinuxKernel

/// What the kernel does with a call.
public enum SeccompAction: Hashable, Sendable {
    /// The call is made.
    case allow
    /// The call is made and written to the audit log.
    case log
    /// The call is not made and returns this error number (1 to 4095).
    case errno(UInt16)
    /// The whole process dies by `SIGSYS`.
    case killProcess
    /// The thread that made the call dies by `SIGSYS`; what OCI's `SCMP_ACT_KILL` means.
    case killThread
    /// The call is not made, and the thread gets `SIGSYS`, which it may handle.
    case trap
    /// A tracer decides, and is told this number; without one the call returns `ENOSYS`.
    case trace(UInt16)
    /// An agent with the filter's listener decides.
    case notify

    /// `EPERM`, the usual refusal.
    public static let refuse = SeccompAction.errno(1)

    /// `ENOSYS`: programs take it for an older kernel, and fall back.
    public static let absent = SeccompAction.errno(38)

    /// The value a filter returns (`SECCOMP_RET_*` in linux/seccomp.h).
    public var returnValue: UInt32 {
        switch self {
        case .allow: 0x7FFF_0000
        case .log: 0x7FFC_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .killProcess: 0x8000_0000
        case .killThread: 0
        case .trap: 0x0003_0000
        case .trace(let number): 0x7FF0_0000 | UInt32(number)
        case .notify: 0x7FC0_0000
        }
    }

    /// The action that a filter's return value stands for, `nil` for one that Bailey never emits.
    public init?(returnValue: UInt32) {
        switch returnValue & 0xFFFF_0000 {
        case 0x7FFF_0000: self = .allow
        case 0x7FFC_0000: self = .log
        case 0x0005_0000: self = .errno(UInt16(returnValue & 0xFFFF))
        case 0x8000_0000: self = .killProcess
        case 0: self = .killThread
        case 0x0003_0000: self = .trap
        case 0x7FF0_0000: self = .trace(UInt16(returnValue & 0xFFFF))
        case 0x7FC0_0000: self = .notify
        default: return nil
        }
    }

    /// Whether the call is made.
    public var permits: Bool { self == .allow || self == .log }
}

extension SeccompAction: CustomStringConvertible {
    /// The words of the policy format, such as `allow` or `errno EPERM`.
    public var description: String {
        switch self {
        case .allow: "allow"
        case .log: "log"
        case .errno(let number): "errno \(ErrorNumber.name(Int32(number)))"
        case .killProcess: "kill"
        case .killThread: "kill the thread"
        case .trap: "trap"
        case .trace(let number): "trace \(number)"
        case .notify: "notify"
        }
    }
}

/// Error numbers by name, as policies write them.
enum ErrorNames {
    static let numbers: [String: UInt16] = {
        var numbers: [String: UInt16] = [:]
        // errno(3): Linux has them from 1 to 133 on x86.
        for number in 1...133 {
            let name = ErrorNumber.name(Int32(number))
            if name.hasPrefix("E") { numbers[name] = UInt16(number) }
        }
        return numbers
    }()
}
