/// Everything `bailey-init` does to start one jail, decided beforehand.
///
/// Paths are host side unless a field says otherwise. Whoever makes a plan decides; whoever carries it out does not:
/// there is no default anywhere below this type.
public struct LaunchPlan: Equatable, Sendable {
    /// The jail's name, for messages and the state directory.
    public var jail: String

    /// Which host ids the jail's ids 0 to 65,535 are.
    public var identity: IdentityMap

    /// `CLONE_NEW*` bits of clone3(2) that the jail gets; see ``NamespaceSet``.
    public var namespaces: NamespaceSet

    /// Where the jail is accounted and limited.
    public var cgroups: CgroupSteps

    /// An existing directory of the host at which the root is put together, seen there by the jail's mount namespace only.
    public var stage: String

    /// What becomes `/` inside.
    public var root: RootSource

    /// Host files and directories that the launcher opens and shifts for the jail; ``RootStep/bind`` names them by place.
    public var sources: [BindSource]

    /// What is done inside the new root, in this order.
    public var steps: [RootStep]

    /// UTS node name inside; empty leaves the host's.
    public var hostname: String

    /// Privileges of the guest's first process.
    public var privileges: Privileges

    /// The guest's first process.
    public var process: GuestProcess

    /// Where its standard streams go.
    public var streams: Streams

    /// How it is connected.
    public var network: NetworkSteps

    /// What the launcher undoes when the jail has ended.
    public var finish: Finish

    /// Makes a plan from all its parts.
    public init(
        jail: String,
        identity: IdentityMap,
        namespaces: NamespaceSet,
        cgroups: CgroupSteps,
        stage: String,
        root: RootSource,
        sources: [BindSource],
        steps: [RootStep],
        hostname: String,
        privileges: Privileges,
        process: GuestProcess,
        streams: Streams,
        network: NetworkSteps = NetworkSteps(mode: "none"),
        finish: Finish
    ) {
        self.jail = jail
        self.identity = identity
        self.namespaces = namespaces
        self.cgroups = cgroups
        self.stage = stage
        self.root = root
        self.sources = sources
        self.steps = steps
        self.hostname = hostname
        self.privileges = privileges
        self.process = process
        self.streams = streams
        self.network = network
        self.finish = finish
    }
}

/// A run of ids: inside 0 to `count` - 1, on the host `hostBase` to `hostBase` + `count` - 1.
///
/// user_namespaces(7).
public struct IdentityMap: Equatable, Sendable {
    /// The host id that root inside is.
    public var hostBase: UInt32
    /// How many ids there are; 65,536 for every jail.
    public var count: UInt32

    /// Makes a map.
    public init(hostBase: UInt32, count: UInt32 = 65536) {
        self.hostBase = hostBase
        self.count = count
    }
}

/// The namespaces that a jail does not share with the host, as `CLONE_NEW*` bits.
public struct NamespaceSet: OptionSet, Equatable, Sendable {
    /// The bits of clone(2).
    public let rawValue: UInt64

    /// Takes the bits as they are.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Mounts.
    public static let mount = Self(rawValue: 0x0002_0000)
    /// Own view of the cgroup tree, entered after the jail was put in its cgroups.
    public static let cgroup = Self(rawValue: 0x0200_0000)
    /// Host name.
    public static let uts = Self(rawValue: 0x0400_0000)
    /// System V IPC and POSIX message queues.
    public static let ipc = Self(rawValue: 0x0800_0000)
    /// User and group ids, and with them all capabilities.
    public static let user = Self(rawValue: 0x1000_0000)
    /// Process ids.
    public static let pid = Self(rawValue: 0x2000_0000)
    /// Network.
    public static let network = Self(rawValue: 0x4000_0000)
    /// Boot clock, entered by the launcher's children.
    public static let time = Self(rawValue: 0x0000_0080)

    /// All of them: what every jail has unless a relaxation is named.
    public static let all: Self = [.mount, .cgroup, .uts, .ipc, .user, .pid, .network, .time]
}

/// Cgroup directories with their limits, made before the first process is in them.
public struct CgroupSteps: Equatable, Sendable {
    /// Parents that must exist and controllers they must hand down, outermost first.
    public var parents: [CgroupParent]
    /// The jail's own directories; with cgroup v1 one per hierarchy.
    public var directories: [CgroupDirectory]
    /// With cgroup v2 the jail is born in its only directory (`CLONE_INTO_CGROUP`); with v1 it is attached.
    public var bornInside: Bool
    /// eBPF instructions that decide device access (v2); empty where devices.allow does.
    public var deviceProgram: [UInt8]

    /// Makes the steps.
    public init(parents: [CgroupParent], directories: [CgroupDirectory], bornInside: Bool, deviceProgram: [UInt8]) {
        self.parents = parents
        self.directories = directories
        self.bornInside = bornInside
        self.deviceProgram = deviceProgram
    }
}

/// A cgroup between the mount point and the jail's own.
public struct CgroupParent: Equatable, Sendable {
    /// The directory; made when missing, never removed while it has children.
    public var path: String
    /// Files to write when the directory was made or lacks the value, such as `cgroup.subtree_control`.
    public var writes: [CgroupWrite]

    /// Makes a parent.
    public init(path: String, writes: [CgroupWrite]) {
        self.path = path
        self.writes = writes
    }
}

/// One of the jail's own cgroups.
public struct CgroupDirectory: Equatable, Sendable {
    /// The directory.
    public var path: String
    /// Limits, in the order the kernel wants them.
    public var writes: [CgroupWrite]

    /// Makes a directory.
    public init(path: String, writes: [CgroupWrite]) {
        self.path = path
        self.writes = writes
    }
}

/// One value for one cgroup file.
public struct CgroupWrite: Equatable, Sendable {
    /// The file's name in its directory.
    public var file: String
    /// What is written, in one write(2).
    public var value: String
    /// The limit was asked for as best effort: a kernel that refuses it does not stop the start.
    public var optional: Bool

    /// Makes a write.
    public init(file: String, value: String, optional: Bool = false) {
        self.file = file
        self.value = value
        self.optional = optional
    }
}

/// What becomes the jail's `/`.
public enum RootSource: Equatable, Sendable {
    /// A directory as it is, shifted by an idmapped mount.
    case directory(path: String, readOnly: Bool)
    /// Read-only layers, bottom first, under a writable directory of the jail's own. `volatile` skips syncs.
    case overlay(layers: [String], upper: String, work: String, volatile: Bool)
    /// Read-only layers, bottom first, under an ext4 in the file `image`, which has `upper` and `work` at its top.
    case image(layers: [String], image: String, volatile: Bool)
}

extension RootSource {
    /// The directories that it mounts and shares with other jails.
    public var layers: [String] {
        switch self {
        case .directory: []
        case .overlay(let layers, _, _, _), .image(let layers, _, _): layers
        }
    }
}

/// A host path that the launcher opens before the jail can interfere.
public struct BindSource: Equatable, Sendable {
    /// The host path.
    public var path: String
    /// Take mounts below it along.
    public var recursive: Bool
    /// Show host root's files as the jail's root's (an idmapped mount).
    public var shifted: Bool

    /// Makes a source.
    public init(path: String, recursive: Bool, shifted: Bool) {
        self.path = path
        self.recursive = recursive
        self.shifted = shifted
    }
}
