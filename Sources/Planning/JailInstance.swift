import Cgroups
import Launch
import Profiles

/// What is settled about one start besides its spec: names, places and ids that were claimed for it.
public struct JailInstance: Sendable {
    /// The jail's name.
    public var name: String
    /// The id range that was claimed.
    public var identity: IdentityMap
    /// Where the root is put together; see `LaunchPlan.stage`.
    public var stage: String
    /// What becomes `/`.
    public var root: RootSource
    /// Where the cgroups go, relative to the delegated root: `bailey/TENANT/NAME`.
    public var cgroup: String
    /// The user and groups that the command runs as, looked up in the rootfs.
    public var user: ResolvedUser
    /// The compiled filter, 8 bytes an instruction; empty when the spec says `unconfined`.
    public var filter: [UInt8]
    /// Whether the guest gets a terminal, the caller's input, a log.
    public var streams: Streams
    /// What is removed at the end.
    public var finish: Finish
    /// The tenants whose limits it shares, its own first.
    public var tenants: [TenantSpec] = []
    /// What was claimed in its network; nil for modes without one.
    public var network: NetworkAssignment?
    /// The file that becomes `/etc/hosts`, where jails share one.
    public var hostsFile: String?
    /// Devices beyond the usual ones that its cgroup opens; the nodes are among the spec's mounts.
    public var devices: [DeviceRule] = []

    /// Makes an instance.
    public init(
        name: String,
        identity: IdentityMap,
        stage: String,
        root: RootSource,
        cgroup: String,
        user: ResolvedUser,
        filter: [UInt8],
        streams: Streams,
        finish: Finish
    ) {
        self.name = name
        self.identity = identity
        self.stage = stage
        self.root = root
        self.cgroup = cgroup
        self.user = user
        self.filter = filter
        self.streams = streams
        self.finish = finish
    }
}

/// A user as numbers.
public struct ResolvedUser: Equatable, Sendable {
    /// User id inside.
    public var uid: UInt32
    /// Group id inside.
    public var gid: UInt32
    /// Supplementary groups inside.
    public var groups: [UInt32]
    /// Home directory, if the rootfs names one.
    public var home: String?

    /// Makes a user.
    public init(uid: UInt32, gid: UInt32, groups: [UInt32] = [], home: String? = nil) {
        self.uid = uid
        self.gid = gid
        self.groups = groups
        self.home = home
    }
}
