/// Everything that is known about one jail: each value with who said it.
///
/// `JailSpec()` holds Bailey's own defaults and is made without reading anything. A ``ProfileLoader`` lays profiles and
/// a file over it, flags are laid over that with ``override(_:with:flag:vocabulary:)`` and
/// ``add(_:_:flag:vocabulary:)``, and ``check()`` says whether the result can be started.
public struct JailSpec: Sendable {
    /// The name of the jail.
    public var name: Setting<String>?
    /// Whose jail it is.
    public var tenant: Setting<String>?
    /// Notes for listing and selecting.
    public var labels: [Setting<Label>] = []
    /// The profiles that were laid over the defaults, in this order.
    public var profiles: [Setting<String>] = []

    /// The template its rootfs comes from.
    public var template: Setting<String>?
    /// A directory of the host that is its rootfs.
    public var rootfs: Setting<String>?
    /// What runs it.
    public var backend = Setting(Backend.jail)
    /// Who is PID 1.
    public var initMode = Setting(InitMode.app)
    /// The program and its arguments.
    public var command: Setting<[String]>?
    /// Where the program starts; a path in the jail.
    public var workingDirectory = Setting("/")
    /// Whom the program runs as.
    public var user = Setting(UserSpec.root)
    /// What the jail calls itself; nil for its name.
    public var hostname: Setting<String>?
    /// The environment of the program.
    public var environment = BuiltIn.environment

    /// What it is promised and may use.
    public var resources = Resources()
    /// How it is connected.
    public var network = NetworkSpec()
    /// What confines it.
    public var security = SecuritySpec()
    /// File systems made visible in it.
    public var mounts: [Setting<Mount>] = []
    /// Limits of each of its processes.
    public var limits: [Setting<ResourceLimit>] = []
    /// Added to the badness by which the kernel picks whom to kill, from -1000 to 1000.
    public var oomScore: Setting<Int>?
    /// Kernel parameters of its namespaces.
    public var kernelParameters: [Setting<KernelParameter>] = []
    /// How names are resolved.
    public var dns = DNSSpec()
    /// Lines of `/etc/hosts`.
    public var hosts: [Setting<HostEntry>] = []
    /// The size of `/dev/shm`.
    public var sharedMemory = Setting(ByteCount(64 << 20))
    /// How it is asked to end.
    public var stop = StopSpec()
    /// Jails that must run before it is started.
    public var requires: [Setting<String>] = []
    /// Jails that are started before it where both are.
    public var after: [Setting<String>] = []
    /// Whether it is started again.
    public var restart = RestartSpec()
    /// How one sees that it is well.
    public var health = HealthSpec()
    /// How much of its output is kept.
    public var logs = LogSpec()
    /// Keys below `resources` that a host may be unable to enforce.
    public var bestEffort: [Setting<String>] = []

    /// Bailey's own defaults.
    public init() {}
}
