import JSONText
import Launch
import LinuxKernel

/// Why a command failed, as one line for the caller.
public struct RuntimeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was attempted and why it failed, lower case.
    public let description: String
    /// The program's exit status.
    public let status: Int32

    init(_ description: String, status: Int32 = 1) {
        self.description = description
        self.status = status
    }

    init(_ attempt: String, _ cause: any Error, status: Int32 = 1) {
        self.init("\(attempt): \(cause)", status: status)
    }
}

/// Runs `body`, and says what was attempted when it fails.
func attempting<Result: ~Copyable, Failure: Error>(
    _ attempt: @autoclosure () -> String,
    _ body: () throws(Failure) -> Result
) throws(RuntimeError) -> Result {
    do {
        return try body()
    } catch {
        throw RuntimeError(attempt(), error)
    }
}
