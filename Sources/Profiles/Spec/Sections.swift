/// How a jail is connected.
public struct NetworkSpec: Sendable {
    /// The way of connecting.
    public var mode = Setting(NetworkMode.none)
    /// The network; nil for the one of the mode.
    public var name: Setting<String>?
    /// Addresses wanted.
    public var addresses: Setting<[NetworkAddress]>?
    /// Ports of the host that lead in.
    public var publish: [Setting<PublishedPort>] = []
    /// Whether mail may be sent straight to other hosts (port 25).
    public var egressSMTP = Setting(Verdict.deny)
    /// Hosts that take its mail all the same.
    public var relays: Setting<[IPAddress]>?
    /// What becomes of connections that it begins and no rule names.
    public var egressPolicy = Setting(Verdict.allow)
    /// Rules for connections that it begins; the first that fits counts.
    public var egressRules: Setting<[TrafficRule]>?
    /// What becomes of connections that others begin and no rule names.
    public var ingressPolicy = Setting(Verdict.allow)
    /// Rules for connections that others begin.
    public var ingressRules: Setting<[TrafficRule]>?
    /// The most connections at once.
    public var connections: Setting<UInt64>?
    /// The most new connections in a second.
    public var newConnections: Setting<OperationRate>?
}

/// What confines a jail.
public struct SecuritySpec: Sendable {
    /// Capabilities beyond those of the init mode.
    public var addedCapabilities: [Setting<CapabilityName>] = []
    /// Capabilities taken away.
    public var droppedCapabilities: [Setting<CapabilityName>] = []
    /// The policy of system calls; nil for the one of the init mode, see ``JailSpec/effectiveSeccomp``.
    public var seccomp: Setting<String>?
    /// Whether the rootfs cannot be written.
    public var readOnlyRoot = Setting(false)
    /// Whether no program can gain privileges; nil for the init mode's, see ``JailSpec/effectiveNoNewPrivileges``.
    public var noNewPrivileges: Setting<Bool>?
    /// Paths hidden, beyond ``BuiltIn/maskedPaths``.
    public var maskedPaths: [Setting<String>] = []
    /// Paths that cannot be written, beyond ``BuiltIn/readOnlyPaths``.
    public var readOnlyPaths: [Setting<String>] = []
    /// Devices beyond the usual ones.
    public var devices: [Setting<Device>] = []
}

/// How names are resolved.
public struct DNSSpec: Sendable {
    /// Name servers; nil for the host's.
    public var servers: Setting<[IPAddress]>?
    /// Domains searched; nil for the host's.
    public var search: Setting<[String]>?
    /// Options of resolv.conf(5); nil for the host's.
    public var options: Setting<[String]>?
}

/// How a jail is asked to end.
public struct StopSpec: Sendable {
    /// The signal for its PID 1; nil for the init mode's, see ``JailSpec/effectiveStopSignal``.
    public var signal: Setting<Signal>?
    /// How long it has before everything in it is killed; nil for the init mode's.
    public var grace: Setting<TimeSpan>?
}

/// Whether and when a jail that ended is started again.
public struct RestartSpec: Sendable {
    /// In which cases.
    public var policy = Setting(RestartPolicy.no)
    /// The pause before the first restart; doubled for each one that follows soon.
    public var delay = Setting(TimeSpan.seconds(1))
    /// The longest pause.
    public var maxDelay = Setting(TimeSpan.seconds(60))
    /// Restarts in a row, each soon after the one before, after which it is left alone; 0 for never.
    public var limit = Setting(10)
}

/// How one sees that a jail is well; one of `http`, `tcp` and `exec`.
public struct HealthSpec: Sendable {
    /// A page that must answer with a status below 400.
    public var http: Setting<ProbeURL>?
    /// A port that must accept a connection.
    public var tcp: Setting<ProbeEndpoint>?
    /// A command that must exit with 0 inside the jail.
    public var exec: Setting<[String]>?
    /// How often, and how long one check may take.
    public var interval = Setting(TimeSpan.seconds(30))
    /// How many failures in a row count.
    public var failures = Setting(3)
    /// What then happens.
    public var action = Setting(HealthAction.restart)
}

/// How much of a jail's output is kept.
public struct LogSpec: Sendable {
    /// The size at which a file is rotated.
    public var maxSize = Setting(ByteCount(10 << 20))
    /// How many files are kept, the one being written included.
    public var files = Setting(3)
}
