/// A process of a container: its first one, or one that `exec` adds.
public struct ContainerProcess: Equatable, Sendable {
    /// Program and arguments; empty for a container that was configured without a process.
    public var arguments: [String]
    /// `NAME=value` entries.
    public var environment: [String]
    /// Working directory inside; made when missing.
    public var directory: String
    /// Ids, capabilities, limits; its `filter` is empty here, see ``filter``.
    public var privileges: Privileges
    /// The filter, and how it is loaded.
    public var filter: FilterLoad
    /// File mode creation mask; nil keeps the caller's.
    public var umask: UInt32?
    /// A terminal of its own.
    public var terminal: Bool
    /// The terminal's size; zero rows leave it.
    public var rows: UInt16
    /// Likewise.
    public var columns: UInt16
    /// Written to `attr/apparmor/exec`; empty: none.
    public var appArmorLabel: String
    /// Written to `attr/exec`; empty: none.
    public var securityLabel: String
    /// Scheduling policy and parameters; nil keeps the caller's.
    public var scheduling: SchedulingRequest?
    /// I/O class and level; nil keeps the caller's.
    public var inputOutput: InputOutputPriority?
    /// Processors before and after the process is in its cgroup; empty: all that the cgroup allows.
    public var affinity: [UInt8]
    /// Likewise, before.
    public var initialAffinity: [UInt8]
    /// Memory policy; nil keeps the caller's.
    public var memoryPolicy: MemoryPolicyRequest?
    /// Execution domain of personality(2); nil keeps the caller's.
    public var persona: UInt?
    /// Name of a new session keyring; empty keeps the caller's.
    public var keyring: String
    /// Label for the new keyring; empty: none.
    public var keyringLabel: String
    /// How many descriptors from 3 on the program inherits.
    public var preservedDescriptors: Int32

    /// Makes a process with privileges; everything else starts empty.
    public init(arguments: [String], environment: [String], directory: String, privileges: Privileges) {
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.privileges = privileges
        filter = FilterLoad()
        umask = nil
        terminal = false
        rows = 0
        columns = 0
        appArmorLabel = ""
        securityLabel = ""
        scheduling = nil
        inputOutput = nil
        affinity = []
        initialAffinity = []
        memoryPolicy = nil
        persona = nil
        keyring = ""
        keyringLabel = ""
        preservedDescriptors = 0
    }
}

/// A seccomp program with flags and listener.
public struct FilterLoad: Equatable, Sendable {
    /// Classic BPF instructions, 8 bytes each; empty: unconfined.
    public var program: [UInt8]
    /// `SECCOMP_FILTER_FLAG_*` bits.
    public var flags: UInt32
    /// The socket of the agent that answers calls with the action "notify"; empty: there is no such action.
    public var listener: String
    /// What is passed on to the agent.
    public var metadata: String

    /// Makes one.
    public init(program: [UInt8] = [], flags: UInt32 = 0, listener: String = "", metadata: String = "") {
        self.program = program
        self.flags = flags
        self.listener = listener
        self.metadata = metadata
    }
}

/// sched_setattr(2).
public struct SchedulingRequest: Equatable, Sendable {
    /// `SCHED_*`.
    public var policy: UInt32
    /// `SCHED_FLAG_*` bits.
    public var flags: UInt64
    /// Nice value.
    public var nice: Int32
    /// Static priority.
    public var priority: UInt32
    /// ns.
    public var runtime: UInt64
    /// ns.
    public var deadline: UInt64
    /// ns.
    public var period: UInt64

    /// Makes a request.
    public init(
        policy: UInt32,
        flags: UInt64,
        nice: Int32,
        priority: UInt32,
        runtime: UInt64,
        deadline: UInt64,
        period: UInt64
    ) {
        self.policy = policy
        self.flags = flags
        self.nice = nice
        self.priority = priority
        self.runtime = runtime
        self.deadline = deadline
        self.period = period
    }
}

/// ioprio_set(2).
public struct InputOutputPriority: Equatable, Sendable {
    /// `IOPRIO_CLASS_*`.
    public var kind: Int32
    /// 0 (first) to 7.
    public var level: Int32

    /// Makes one.
    public init(kind: Int32, level: Int32) {
        self.kind = kind
        self.level = level
    }
}

/// set_mempolicy(2).
public struct MemoryPolicyRequest: Equatable, Sendable {
    /// `MPOL_*` with `MPOL_F_*`.
    public var mode: Int32
    /// One bit a node, 64 to a word.
    public var nodes: [UInt64]

    /// Makes one.
    public init(mode: Int32, nodes: [UInt64]) {
        self.mode = mode
        self.nodes = nodes
    }
}

/// A program of the configuration's author, run at one moment of a container's life.
public struct ContainerHook: Equatable, Sendable {
    /// The program.
    public var path: String
    /// argv, the name first; empty: just the path.
    public var arguments: [String]
    /// Its environment; nil inherits.
    public var environment: [String]?
    /// Seconds it may take; nil: as long as it wants.
    public var timeout: Int32?

    /// Makes a hook.
    public init(path: String, arguments: [String], environment: [String]?, timeout: Int32?) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
    }
}

/// All hooks, by their moment.
public struct ContainerHooks: Equatable, Sendable {
    /// Runtime side, once namespaces stand and before the root is changed.
    public var prestart: [ContainerHook] = []
    /// Runtime side, right after those.
    public var createRuntime: [ContainerHook] = []
    /// In the container's namespaces, before its root is.
    public var createContainer: [ContainerHook] = []
    /// In the container, right before its program.
    public var startContainer: [ContainerHook] = []
    /// Runtime side, when the program runs.
    public var poststart: [ContainerHook] = []
    /// Runtime side, when the container is gone.
    public var poststop: [ContainerHook] = []

    /// No hooks.
    public init() {}
}

/// Everything that is done to run one more process in a container.
public struct ContainerEntryPlan: Equatable, Sendable {
    /// The container's id.
    public var container: String
    /// Its first process as the host sees it.
    public var initProcess: Int32
    /// That process' start time, so that a recycled pid is never entered.
    public var initStartTime: UInt64
    /// Namespaces to look at; those that are the caller's own already are left out.
    public var namespaces: NamespaceSet
    /// Cgroup directories to join.
    public var cgroups: [String]
    /// The user namespace's id maps, to choose who the process becomes at first; empty without one.
    public var mapped: Bool
    /// The caller is the host's root: nobody inside may read the process before it has become the program.
    public var hidden: Bool
    /// The process.
    public var process: ContainerProcess

    /// Makes a plan.
    public init(
        container: String,
        initProcess: Int32,
        initStartTime: UInt64,
        namespaces: NamespaceSet,
        cgroups: [String],
        mapped: Bool,
        hidden: Bool,
        process: ContainerProcess
    ) {
        self.container = container
        self.initProcess = initProcess
        self.initStartTime = initStartTime
        self.namespaces = namespaces
        self.cgroups = cgroups
        self.mapped = mapped
        self.hidden = hidden
        self.process = process
    }
}
