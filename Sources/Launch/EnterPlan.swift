/// Everything `bailey-init` does to run one more process in a running jail.
public struct EnterPlan: Equatable, Sendable {
    /// The jail's name, for messages.
    public var jail: String
    /// PID 1 of the jail as the host sees it.
    public var initProcess: UInt32
    /// Its start time in clock ticks since boot (field 22 of proc_pid_stat(5)), so that a recycled pid is never entered.
    public var initStartTime: UInt64
    /// Namespaces to join.
    public var namespaces: NamespaceSet
    /// Cgroup directories to join.
    public var cgroups: [String]
    /// What the process may do.
    public var privileges: Privileges
    /// What is run.
    public var process: GuestProcess
    /// Where its streams go.
    public var streams: Streams

    /// Makes a plan from all its parts.
    public init(
        jail: String,
        initProcess: UInt32,
        initStartTime: UInt64,
        namespaces: NamespaceSet,
        cgroups: [String],
        privileges: Privileges,
        process: GuestProcess,
        streams: Streams
    ) {
        self.jail = jail
        self.initProcess = initProcess
        self.initStartTime = initStartTime
        self.namespaces = namespaces
        self.cgroups = cgroups
        self.privileges = privileges
        self.process = process
        self.streams = streams
    }
}
