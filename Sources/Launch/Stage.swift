import LinuxKernel

/// A named part of a start, so that a failure says how far it came.
public enum Stage: UInt8, Sendable, CaseIterable {
    /// The plan is read and the launcher prepares itself.
    case prepare = 1
    /// Cgroups are made and limits written.
    case cgroups
    /// The jail's first process is made in its namespaces.
    case clone
    /// Id maps are written.
    case identity
    /// Layers and bind sources are opened and shifted.
    case sources
    /// The jail's first process joins its cgroups.
    case attach
    /// The new root is put together.
    case root
    /// File systems, devices and files appear inside it.
    case mounts
    /// The new root becomes `/`, the old one goes.
    case pivot
    /// A terminal is made.
    case terminal
    /// Host name, clocks, loopback, keyring.
    case identityInside
    /// Capabilities, ids, limits and the filter.
    case privileges
    /// The guest's program is executed.
    case execute
    /// The jail is entered from outside.
    case enter
    /// Its link, addresses and rules are made.
    case network

    /// What was attempted, as the beginning of a message.
    public var attempt: String {
        switch self {
        case .prepare: "preparing the launcher"
        case .cgroups: "making cgroups and writing limits"
        case .clone: "making the jail's namespaces"
        case .identity: "writing id maps"
        case .sources: "opening layers and bind mounts"
        case .attach: "putting the jail in its cgroups"
        case .root: "putting the root file system together"
        case .mounts: "mounting inside the jail"
        case .pivot: "changing the root"
        case .terminal: "making a terminal"
        case .identityInside: "setting host name, loopback and keyring"
        case .privileges: "taking privileges away"
        case .execute: "executing the command"
        case .enter: "entering the jail"
        case .network: "connecting the jail"
        }
    }
}

/// A stage that failed, and the system call that made it fail.
public struct StageFailure: Error, Equatable, Sendable {
    /// How far the start had come.
    public let stage: Stage
    /// The kernel's answer.
    public let cause: SyscallError

    /// Makes a failure.
    public init(_ stage: Stage, _ cause: SyscallError) {
        self.stage = stage
        self.cause = cause
    }
}

extension StageFailure: PlanValue {
    /// Appends the value; see `PlanValue`.
    public func encode(to writer: inout PlanWriter) {
        stage.rawValue.encode(to: &writer)
        cause.call.encode(to: &writer)
        cause.subject.encode(to: &writer)
        cause.errno.encode(to: &writer)
    }

    /// Reads the value; see `PlanValue`.
    public init(from reader: inout PlanReader) throws(PlanFormatError) {
        let number = try UInt8(from: &reader)
        guard let stage = Stage(rawValue: number) else { throw reader.unknown("stage", UInt64(number)) }
        let call = try String(from: &reader)
        let subject = try String(from: &reader)
        self.init(stage, SyscallError(call: call, subject: subject, errno: try Int32(from: &reader)))
    }
}
