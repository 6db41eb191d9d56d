/// A launch plan of the second way in: everything that is done to make one OCI container, decided beforehand.
///
/// It is made of the parts that a ``LaunchPlan`` is made of (namespaces, cgroup steps, privileges) and of those that only
/// OCI configurations can ask for. What carries it out is `Launcher` as well, in the process that decided: so it needs no
/// binary form. See docs/decisions/0012-container-plans.md.
public struct ContainerPlan: Equatable, Sendable {
    /// The container's id, for messages and the name of its keyring.
    public var container: String
    /// Namespaces that are made.
    public var created: NamespaceSet
    /// Namespaces that are joined.
    public var joined: [JoinedNamespace]
    /// Who the ids of a new user namespace are outside; nil when none is made.
    public var identity: ContainerIdentity?
    /// Offsets of a new time namespace.
    public var clocks: [ClockOffset]
    /// Where the container is accounted and limited; nil when the caller may make no cgroups.
    public var cgroups: ContainerCgroups?
    /// What becomes `/`.
    public var root: ContainerRoot
    /// What is mounted, in this order.
    public var mounts: [ContainerMount]
    /// Device nodes inside.
    public var devices: [DeviceNode]
    /// Symbolic links inside, made when missing.
    public var links: [SymbolicLinkStep]
    /// Hidden paths.
    public var masked: [String]
    /// Paths that can only be read.
    public var readOnly: [String]
    /// Namespaced kernel parameters.
    public var parameters: [KernelParameter]
    /// UTS node name; empty leaves it.
    public var hostname: String
    /// NIS domain name; empty leaves it.
    public var domainname: String
    /// Interfaces that move into the container's network namespace.
    public var interfaces: [MovedInterface]
    /// Programs run on the way.
    public var hooks: ContainerHooks
    /// The container's process.
    public var process: ContainerProcess

    /// Makes a plan for a container in `root` that runs `process`; everything else starts empty.
    public init(container: String, root: ContainerRoot, process: ContainerProcess) {
        self.container = container
        self.root = root
        self.process = process
        created = []
        joined = []
        identity = nil
        clocks = []
        cgroups = nil
        mounts = []
        devices = []
        links = []
        masked = []
        readOnly = []
        parameters = []
        hostname = ""
        domainname = ""
        interfaces = []
        hooks = ContainerHooks()
    }
}

/// A namespace that exists already.
public struct JoinedNamespace: Equatable, Sendable {
    /// Its type.
    public var kind: NamespaceSet
    /// A file of nsfs that stands for it, host side.
    public var path: String

    /// Makes one.
    public init(kind: NamespaceSet, path: String) {
        self.kind = kind
        self.path = path
    }
}

/// A run of ids and who they are outside.
public struct IdentityRange: Equatable, Sendable {
    /// The first id inside.
    public var inside: UInt32
    /// The first id outside.
    public var outside: UInt32
    /// How many.
    public var count: UInt32

    /// Makes a run.
    public init(inside: UInt32, outside: UInt32, count: UInt32) {
        self.inside = inside
        self.outside = outside
        self.count = count
    }

    /// The line that `uid_map` takes.
    public var line: String { "\(inside) \(outside) \(count)" }
}

/// The maps of a new user namespace.
public struct ContainerIdentity: Equatable, Sendable {
    /// User ids.
    public var users: [IdentityRange]
    /// Group ids.
    public var groups: [IdentityRange]
    /// Written by `newuidmap` and `newgidmap`, because the caller may only map itself; empty: written directly.
    public var tools: [String]
    /// Groups are mapped without privilege: the kernel wants setgroups(2) denied first.
    public var deniesGroups: Bool

    /// Made by a user for himself: outside, the container's root is no more than the caller.
    public var isOwn: Bool { deniesGroups || !tools.isEmpty }

    /// Makes maps.
    public init(users: [IdentityRange], groups: [IdentityRange], tools: [String] = [], deniesGroups: Bool = false) {
        self.users = users
        self.groups = groups
        self.tools = tools
        self.deniesGroups = deniesGroups
    }
}

/// One line of `timens_offsets`.
public struct ClockOffset: Equatable, Sendable {
    /// `monotonic` or `boottime`.
    public var clock: String
    /// Seconds.
    public var seconds: Int64
    /// Nanoseconds.
    public var nanoseconds: UInt32

    /// Makes an offset.
    public init(clock: String, seconds: Int64, nanoseconds: UInt32) {
        self.clock = clock
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// The cgroups of a container: the steps of a launch plan, and what only containers need.
public struct ContainerCgroups: Equatable, Sendable {
    /// Directories, limits, device program.
    public var steps: CgroupSteps
    /// v1 cpuset files that must not stay empty: each takes its parent's value, from the hierarchy's root down.
    public var inherited: [InheritedFiles]
    /// Hand the v2 directory over to this host user, for containers that mount it writable.
    public var owner: UInt32?
    /// A directory that exists already is taken, as pods want it; it must hold no process.
    public var mayExist: Bool
    /// Groups of other hierarchies that are only joined; a failure there does not stop the start.
    public var alsoJoined: [String]
    /// Files written when the container's process is in.
    public var late: [CgroupDirectory]

    /// Makes cgroups.
    public init(steps: CgroupSteps) {
        self.steps = steps
        inherited = []
        owner = nil
        mayExist = true
        alsoJoined = []
        late = []
    }
}

/// Files of a v1 cpuset that take their parent's value where they are empty.
public struct InheritedFiles: Equatable, Sendable {
    /// The mount point, which has values.
    public var top: String
    /// The group, below it.
    public var path: String
    /// The files.
    public var files: [String]

    /// Makes them.
    public init(top: String, path: String, files: [String]) {
        self.top = top
        self.path = path
        self.files = files
    }
}

/// What becomes a container's `/`.
public struct ContainerRoot: Equatable, Sendable {
    /// A directory of the host, symbolic links resolved.
    public var path: String
    /// Make it read-only once everything is mounted.
    public var readOnly: Bool
    /// `MS_PRIVATE`, `MS_SLAVE`, `MS_SHARED` or `MS_UNBINDABLE`.
    public var propagation: UInt64
    /// Move the mount to `/` instead of pivot_root(2).
    public var withoutPivot: Bool

    /// Makes a root.
    public init(path: String, readOnly: Bool, propagation: UInt64, withoutPivot: Bool = false) {
        self.path = path
        self.readOnly = readOnly
        self.propagation = propagation
        self.withoutPivot = withoutPivot
    }
}

/// A symbolic link inside.
public struct SymbolicLinkStep: Equatable, Sendable {
    /// Where it is.
    public var path: String
    /// What it says.
    public var target: String
    /// Only where this exists inside; empty: always.
    public var condition: String
    /// What is at `path` already goes.
    public var replaces: Bool

    /// Makes a link.
    public init(path: String, target: String, condition: String = "", replaces: Bool = false) {
        self.path = path
        self.target = target
        self.condition = condition
        self.replaces = replaces
    }
}

/// A file below `/proc/sys` and its value.
public struct KernelParameter: Equatable, Sendable {
    /// The file, from `/proc/sys` on.
    public var path: String
    /// What is written.
    public var value: String

    /// Makes a parameter.
    public init(path: String, value: String) {
        self.path = path
        self.value = value
    }
}

/// A network interface of the caller that goes into the container.
public struct MovedInterface: Equatable, Sendable {
    /// Its name here.
    public var name: String
    /// Its name there.
    public var renamed: String

    /// Makes one.
    public init(name: String, renamed: String) {
        self.name = name
        self.renamed = renamed
    }
}

/// A device node, or pipe, inside.
public struct DeviceNode: Equatable, Sendable {
    /// Where.
    public var path: String
    /// `S_IFCHR`, `S_IFBLK` or `S_IFIFO`, with permission bits.
    public var mode: UInt32
    /// Major number.
    public var major: UInt32
    /// Minor number.
    public var minor: UInt32
    /// Owner inside.
    public var uid: UInt32
    /// Group inside.
    public var gid: UInt32
    /// Show the host's node of the same path, because making nodes is not allowed in a user namespace.
    public var bound: Bool

    /// Makes a node.
    public init(path: String, mode: UInt32, major: UInt32, minor: UInt32, uid: UInt32, gid: UInt32, bound: Bool) {
        self.path = path
        self.mode = mode
        self.major = major
        self.minor = minor
        self.uid = uid
        self.gid = gid
        self.bound = bound
    }
}
