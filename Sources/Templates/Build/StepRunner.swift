/// Runs one command of a template inside a jail.
///
/// The engine provides it; nothing of a template runs on the host itself.
public protocol StepRunner {
    /// Runs the command to its end.
    ///
    /// When it returns, no process of the jail is left: the host works on the tree next and relies on being alone.
    ///
    /// - Parameters:
    ///   - step: What to run, and where.
    ///   - output: Receives each line of both outputs, without its line end.
    /// - Returns: The exit status, or 128 + signal if it was killed.
    /// - Throws: ``StepRunnerError`` when the jail could not be made.
    func run(_ step: StepCommand, output: (String) -> Void) throws(StepRunnerError) -> Int32

    /// Unpacks the image called `image` of an OCI layout into an empty directory, in a jail that reaches nothing else.
    ///
    /// - Returns: The exit status of the program that unpacks.
    func unpack(image layout: String, into rootfs: String, output: (String) -> Void) throws(StepRunnerError) -> Int32
}

extension StepRunner {
    /// Refuses: a runner that makes no jails unpacks nothing.
    public func unpack(
        image layout: String,
        into rootfs: String,
        output: (String) -> Void
    ) throws(StepRunnerError) -> Int32 {
        throw StepRunnerError(reason: "this runner unpacks no images")
    }
}

/// What runs, and where.
public struct StepCommand: Equatable, Sendable {
    /// Absolute host path of the tree that is `/` in the jail: writable, owned by root on disk, no mounts in it.
    ///
    /// It has `/dev`, `/proc`, `/sys`, `/run` and `/tmp`, unless a step made something else of them.
    public let rootfs: String
    /// Program and arguments; the program may be looked up in the PATH of `environment`.
    public let arguments: [String]
    /// The whole environment, as `NAME=value`.
    public let environment: [String]
    /// Absolute, inside.
    public let workingDirectory: String
    /// A user name of the rootfs; `root` needs no account file.
    public let user: String
    /// Whether the command has to reach the network; a runner that cannot provide it throws.
    public let needsNetwork: Bool
}

/// Why there was no jail for a step.
public struct StepRunnerError: Error, Equatable, Sendable {
    /// Lower case, with what to do about it.
    public let reason: String

    /// Makes an error.
    public init(reason: String) {
        self.reason = reason
    }
}
