/// What runtime (outside) and a container's first process (inside) say to each other, over a `SOCK_SEQPACKET` pair.
///
///     runtime                          container
///     -------                          ---------
///     clone3 ------------------------> born in its namespaces, or makes a sibling that is (.sibling)
///     writes id maps
///     .proceed ----------------------> (new user namespace only) becomes root inside
///     makes cgroups, attaches          … root, mounts, devices meanwhile
///            <------------ .wantsHooks  (only where there are prestart or createRuntime hooks)
///     runs them; .proceed -----------> createContainer hooks, pivot_root
///            <------------ .wantsCgroup
///     .proceed ----------------------> own cgroup namespace, paths, privileges
///            <------------ .listener(n) (only with a seccomp agent)
///            <------------ .ready
///     records pid and state
///     .proceed ----------------------> waits on its pipe (create), or executes the program (run)
///            <------------ .failed      instead of any of the above
///
/// A side that closes its end early has died.
public enum ContainerMessage: Equatable, Sendable {
    /// Go on.
    case proceed
    /// The process that goes on, as the runtime's pid namespace has it.
    case sibling(Int32)
    /// The root is put together; the runtime's hooks may look at it.
    case wantsHooks
    /// The process wants to be in its cgroups now.
    case wantsCgroup
    /// The seccomp listener will be this descriptor of the process.
    case listener(Int32)
    /// Everything stands; only the program is missing.
    case ready
    /// The terminal's master side, as a descriptor.
    case terminal
    /// A stage failed.
    case failed(ContainerFailure)

    /// The longest packet.
    public static let byteLimit = 16384

    /// The packet for this message.
    public var bytes: [UInt8] {
        var writer = PlanWriter()
        switch self {
        case .proceed: UInt8(1).encode(to: &writer)
        case .sibling(let pid):
            UInt8(2).encode(to: &writer)
            pid.encode(to: &writer)
        case .wantsHooks: UInt8(3).encode(to: &writer)
        case .wantsCgroup: UInt8(4).encode(to: &writer)
        case .listener(let number):
            UInt8(5).encode(to: &writer)
            number.encode(to: &writer)
        case .ready: UInt8(6).encode(to: &writer)
        case .terminal: UInt8(7).encode(to: &writer)
        case .failed(let failure):
            UInt8(8).encode(to: &writer)
            failure.stage.rawValue.encode(to: &writer)
            failure.reason.encode(to: &writer)
            failure.errno.encode(to: &writer)
        }
        return writer.bytes
    }

    /// Reads a packet.
    public init(packet: [UInt8]) throws(PlanFormatError) {
        var reader = PlanReader(packet)
        let tag = try UInt8(from: &reader)
        switch tag {
        case 1: self = .proceed
        case 2: self = .sibling(try Int32(from: &reader))
        case 3: self = .wantsHooks
        case 4: self = .wantsCgroup
        case 5: self = .listener(try Int32(from: &reader))
        case 6: self = .ready
        case 7: self = .terminal
        case 8:
            let number = try UInt8(from: &reader)
            guard let stage = Stage(rawValue: number) else { throw reader.unknown("stage", UInt64(number)) }
            let reason = try String(from: &reader)
            self = .failed(ContainerFailure(stage, reason, errno: try Int32(from: &reader)))
        default: throw reader.unknown("message", UInt64(tag))
        }
    }
}
