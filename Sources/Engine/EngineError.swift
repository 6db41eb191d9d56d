import LinuxKernel
import Profiles
import Seccomp
import Templates

/// Why the engine could not do what was asked.
///
/// Whatever it had begun is undone.
public enum EngineError: Error {
    /// The profile, the flags or the host do not allow it; every reason.
    case invalid([Finding])
    /// No jail has this name.
    case noSuchJail(String, suggestion: String?)
    /// A jail has this name already.
    case nameTaken(String, state: JailState)
    /// It needs a running jail.
    case notRunning(String, state: JailState)
    /// It needs a stopped jail.
    case stillRunning(String)
    /// The policy of system calls.
    case seccomp(SeccompError)
    /// The template.
    case template(TemplateError)
    /// Anything else: what was attempted, why it failed, what to do.
    case failed(attempt: String, SyscallError, advice: String?)
    /// A sentence of the same form without a system call.
    case refused(String)
}

extension EngineError: CustomStringConvertible {
    /// Lower case: what was attempted: why: what to do.
    ///
    /// Findings are one line each.
    public var description: String {
        switch self {
        case .invalid(let findings): findings.map(\.description).joined(separator: "\n")
        case .noSuchJail(let name, let suggestion):
            "no jail is called \(name)" + (suggestion.map { ": did you mean \($0)?" } ?? ": bailey ls lists them")
        case .nameTaken(let name, let state):
            "a jail called \(name) exists (\(state.rawValue)): choose another --name, or remove it with bailey rm \(name)"
        case .notRunning(let name, let state): "\(name) is not running (\(state.rawValue)): bailey ls shows what is"
        case .stillRunning(let name): "\(name) is running: stop it first, or use --force"
        case .seccomp(let error): "\(error)"
        case .template(let error): "\(error)"
        case .failed(let attempt, let cause, let advice):
            "\(attempt): \(cause)" + (advice.map { ": " + $0 } ?? "")
        case .refused(let text): text
        }
    }
}

/// Runs `body` as part of an attempt that a message can name.
func attempting<Result: ~Copyable>(
    _ attempt: @autoclosure () -> String,
    advice: String? = nil,
    _ body: () throws(SyscallError) -> Result
) throws(EngineError) -> Result {
    do {
        return try body()
    } catch {
        throw .failed(attempt: attempt(), error, advice: advice ?? usualAdvice(error))
    }
}

private func usualAdvice(_ error: SyscallError) -> String? {
    switch error.errno {
    case 1, 13: "run as root: unprivileged trials are not supported yet"
    case 28: "the disk is full: remove jails or templates that are not needed"
    case 30: "the file system is read-only: point BAILEY_ROOT to one that can be written"
    default: nil
    }
}
