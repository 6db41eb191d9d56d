/// Privileges of the guest's first process; what follows inherits at most these.
public struct Privileges: Equatable, Sendable {
    /// Capability sets as bit masks over all capabilities of the kernel; capabilities(7).
    public var capabilities: CapabilitySets
    /// Never gain privileges by execve(2).
    public var noNewPrivileges: Bool
    /// Classic BPF instructions, 8 bytes each; empty: unconfined.
    public var filter: [UInt8]
    /// User id inside.
    public var uid: UInt32
    /// Group id inside.
    public var gid: UInt32
    /// Supplementary group ids inside.
    public var groups: [UInt32]
    /// Resource limits; the rest is inherited from the launcher.
    public var limits: [ResourceLimit]
    /// Written to `/proc/PID/oom_score_adj`; nil leaves it.
    public var oomScore: Int32?

    /// Makes privileges from all their parts.
    public init(
        capabilities: CapabilitySets,
        noNewPrivileges: Bool,
        filter: [UInt8],
        uid: UInt32,
        gid: UInt32,
        groups: [UInt32],
        limits: [ResourceLimit],
        oomScore: Int32?
    ) {
        self.capabilities = capabilities
        self.noNewPrivileges = noNewPrivileges
        self.filter = filter
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.limits = limits
        self.oomScore = oomScore
    }
}

/// The five capability sets, bit N for capability N.
public struct CapabilitySets: Equatable, Sendable {
    /// The most that any later program can have.
    public var bounding: UInt64
    /// What the process may use now.
    public var effective: UInt64
    /// What it may make effective.
    public var permitted: UInt64
    /// What survives execve for files with inheritable capabilities.
    public var inheritable: UInt64
    /// What survives execve of any program.
    public var ambient: UInt64

    /// Makes the sets.
    public init(bounding: UInt64, effective: UInt64, permitted: UInt64, inheritable: UInt64, ambient: UInt64) {
        self.bounding = bounding
        self.effective = effective
        self.permitted = permitted
        self.inheritable = inheritable
        self.ambient = ambient
    }
}

/// One resource limit of getrlimit(2).
public struct ResourceLimit: Equatable, Sendable {
    /// `RLIMIT_*` number.
    public var resource: UInt32
    /// Soft limit in the resource's unit; `UInt64.max` is unlimited.
    public var soft: UInt64
    /// Hard limit likewise.
    public var hard: UInt64

    /// Makes a limit.
    public init(resource: UInt32, soft: UInt64, hard: UInt64) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }
}

/// The guest's first process.
public struct GuestProcess: Equatable, Sendable {
    /// `true`: the program itself is PID 1.
    ///
    /// `false`: `bailey-init` stays PID 1, reaps, and passes signals on.
    public var isInit: Bool
    /// Program and arguments; a program without a slash is looked up in the environment's `PATH`, inside.
    public var arguments: [String]
    /// `NAME=value` entries; nothing else is inherited.
    public var environment: [String]
    /// Working directory inside.
    public var directory: String
    /// How long processes that outlive the program are given after SIGTERM, in milliseconds.
    public var graceMilliseconds: UInt32
    /// The signal that asks it to end in order.
    public var stopSignal: Int32

    /// Makes a process.
    public init(
        isInit: Bool,
        arguments: [String],
        environment: [String],
        directory: String,
        graceMilliseconds: UInt32,
        stopSignal: Int32
    ) {
        self.isInit = isInit
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.graceMilliseconds = graceMilliseconds
        self.stopSignal = stopSignal
    }
}

/// Where the guest's standard streams go.
public struct Streams: Equatable, Sendable {
    /// Give the guest a terminal of its own, made inside.
    public var terminal: Bool
    /// Pass the caller's standard input on; otherwise the guest reads nothing.
    public var input: Bool
    /// Write output to this file instead of the caller's streams; empty: no file.
    public var log: String
    /// Rotate the file at this size, in bytes.
    public var logBytes: UInt64
    /// How many rotated files are kept besides the current one.
    public var logFiles: UInt32

    /// Makes streams.
    public init(terminal: Bool, input: Bool, log: String, logBytes: UInt64, logFiles: UInt32) {
        self.terminal = terminal
        self.input = input
        self.log = log
        self.logBytes = logBytes
        self.logFiles = logFiles
    }
}

/// What the launcher leaves and removes when the jail has ended, or could not start.
public struct Finish: Equatable, Sendable {
    /// The file that claims the jail's name, locked while its launcher lives (``StartRecord``); removed.
    public var record: String
    /// What outlives the jail (writable layer, log, exit status); empty: none.
    public var stateDirectory: String
    /// Remove the state directory too.
    public var removeState: Bool
    /// The symbolic link that claims the id range; removed.
    ///
    /// Empty where the claim outlives the run.
    public var identityClaim: String
    /// The state was there before this start: a start that fails must not take it away.
    public var keepState: Bool
    /// Tells this run from all others of the jail: when it was planned, in nanoseconds since 1970.
    public var run: UInt64
    /// Files whose text is kept in the state directory before they are removed: what was used, which limits were hit.
    public var counters: [String]
    /// Groups that the jail may have joined since it was started, where limits were set that it had not before; removed.
    public var laterGroups: [String]

    /// Makes the list.
    public init(
        record: String,
        stateDirectory: String,
        removeState: Bool,
        identityClaim: String,
        keepState: Bool = false,
        run: UInt64 = 0,
        counters: [String] = [],
        laterGroups: [String] = []
    ) {
        self.record = record
        self.stateDirectory = stateDirectory
        self.removeState = removeState
        self.identityClaim = identityClaim
        self.keepState = keepState
        self.run = run
        self.counters = counters
        self.laterGroups = laterGroups
    }
}
