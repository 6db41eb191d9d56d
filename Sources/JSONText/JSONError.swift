/// A JSON text that is not what it should be, and where.
public struct JSONError: Error, Equatable, Sendable {
    /// The value's path, such as `linux.seccomp.syscalls[3].names[0]`; empty for the text as a whole.
    public let path: String
    /// What is wrong with it, lower case.
    public let reason: String

    /// Makes an error.
    public init(_ path: String, _ reason: String) {
        self.path = path
        self.reason = reason
    }
}

extension JSONError: CustomStringConvertible {
    /// `path: reason`.
    public var description: String { path.isEmpty ? reason : "\(path): \(reason)" }
}
