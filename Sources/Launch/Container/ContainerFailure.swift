import LinuxKernel

/// Why a container could not be made or entered.
public struct ContainerFailure: Error, Equatable, Sendable {
    /// How far it had come.
    public let stage: Stage
    /// What failed and why, lower case.
    public let reason: String
    /// The kernel's error number; 0 where it was no system call.
    public let errno: Int32

    /// Makes a failure.
    public init(_ stage: Stage, _ reason: String, errno: Int32 = 0) {
        self.stage = stage
        self.reason = reason
        self.errno = errno
    }

    /// Makes a failure of a system call.
    public init(_ stage: Stage, _ cause: SyscallError) {
        self.init(stage, "\(cause)", errno: cause.errno)
    }
}

extension ContainerFailure: CustomStringConvertible {
    /// The reason; programs that are in the way of their callers' messages say no more.
    public var description: String { reason }
}
