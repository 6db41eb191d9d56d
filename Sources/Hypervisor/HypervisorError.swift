import LinuxKernel
import Profiles

/// Why a virtual machine cannot be started here.
public enum HypervisorError: Error, CustomStringConvertible {
    /// The profile asks for what a virtual machine does not do yet.
    case invalid([Finding])
    /// A sentence: what was attempted: why: what to do.
    case refused(String)
    /// A system call of a step.
    case failed(attempt: String, SyscallError)

    /// Lower case, one finding a line.
    public var description: String {
        switch self {
        case .invalid(let findings): findings.map(\.description).joined(separator: "\n")
        case .refused(let text): text
        case .failed(let attempt, let cause): "\(attempt): \(cause)"
        }
    }
}

/// Runs `body` as part of an attempt that a message can name.
func attempting<Result: ~Copyable>(
    _ attempt: @autoclosure () -> String,
    _ body: () throws(SyscallError) -> Result
) throws(HypervisorError) -> Result {
    do { return try body() } catch { throw .failed(attempt: attempt(), error) }
}
