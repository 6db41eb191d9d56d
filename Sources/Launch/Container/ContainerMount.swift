/// One mount of a container.
public struct ContainerMount: Equatable, Sendable {
    /// What is mounted.
    public enum Kind: Equatable, Sendable {
        /// A new instance of a file system, by mount(2).
        case fileSystem(type: String)
        /// A second place for a file or directory.
        case bind(recursive: Bool)
        /// The container's own part of the cgroup trees; each hierarchy is a name, the mount's options and the group.
        case cgroup([CgroupHierarchyMount])
        /// Changes the flags of what is mounted at the target.
        case remount
    }

    /// What is mounted.
    public var kind: Kind
    /// A host path for binds (from within the container's root where `sourceInside`), else what the file system takes.
    public var source: String
    /// The source lies below the container's root, so earlier mounts may have made it.
    public var sourceInside: Bool
    /// A final symbolic link of the source is mounted itself.
    public var sourceUnfollowed: Bool
    /// Where, inside.
    public var target: String
    /// A final symbolic link of the target is not followed.
    public var targetUnfollowed: Bool
    /// `MS_*` flags of mount(2), for file systems.
    public var flags: UInt
    /// Options for the file system, separated by commas.
    public var data: String
    /// `MOUNT_ATTR_*` bits set on this mount alone, for binds.
    public var set: UInt64
    /// Bits cleared first.
    public var clear: UInt64
    /// Bits set on this mount and all below it.
    public var setBelow: UInt64
    /// Bits cleared there first.
    public var clearBelow: UInt64
    /// Propagation changes, in order.
    public var propagation: [Propagation]
    /// Fill a new tmpfs with what the target held.
    public var copiesUp: Bool
    /// Read-only only when everything inside it was made: for `/dev`.
    public var readOnlyLater: Bool
    /// Show other owners than the file system has.
    public var shift: MountShift?

    /// A change of propagation.
    public struct Propagation: Equatable, Sendable {
        /// `MS_SHARED`, `MS_SLAVE`, `MS_PRIVATE` or `MS_UNBINDABLE`.
        public var flag: UInt64
        /// For all mounts below too.
        public var recursive: Bool

        /// Makes a change.
        public init(flag: UInt64, recursive: Bool) {
            self.flag = flag
            self.recursive = recursive
        }
    }

    /// Makes a mount without options.
    public init(kind: Kind, source: String, target: String) {
        self.kind = kind
        self.source = source
        self.target = target
        sourceInside = false
        sourceUnfollowed = false
        targetUnfollowed = false
        flags = 0
        data = ""
        set = 0
        clear = 0
        setBelow = 0
        clearBelow = 0
        propagation = []
        copiesUp = false
        readOnlyLater = false
        shift = nil
    }
}

/// One hierarchy of a cgroup mount.
public struct CgroupHierarchyMount: Equatable, Sendable {
    /// The directory below `/sys/fs/cgroup`; empty for the unified tree.
    public var name: String
    /// What mount(2) takes as data, such as `cpu,cpuacct` or `none,name=systemd`.
    public var options: String
    /// The host directory of the container's group, for binds where it has no cgroup namespace.
    public var group: String
    /// More names for the same hierarchy, as links.
    public var aliases: [String]

    /// Makes one.
    public init(name: String, options: String, group: String, aliases: [String]) {
        self.name = name
        self.options = options
        self.group = group
        self.aliases = aliases
    }
}

/// The map of an idmapped mount.
public struct MountShift: Equatable, Sendable {
    /// User ids: of the file system (inside) to those shown (outside).
    public var users: [IdentityRange]
    /// Group ids likewise.
    public var groups: [IdentityRange]
    /// Mounts below too.
    public var recursive: Bool
    /// A user namespace whose map is taken, as a path of the host; empty: the ranges above are the map.
    public var namespace = ""

    /// Makes a map.
    public init(users: [IdentityRange], groups: [IdentityRange], recursive: Bool) {
        self.users = users
        self.groups = groups
        self.recursive = recursive
    }
}
