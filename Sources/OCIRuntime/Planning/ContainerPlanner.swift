import Glibc
import JSONText
import Launch
import Launcher
import LinuxKernel

/// What the caller of `create` or `run` asked for besides the configuration.
struct CreationOptions {
    var container: String
    /// Absolute.
    var bundle: String
    var systemdCgroup = false
    var withoutPivot = false
    var withoutKeyring = false
    var withoutCgroups = false
    var preservedDescriptors: Int32 = 0
}

/// Turns a configuration into a plan for this host; everything that this host cannot do is an error that names the field.
struct ContainerPlanner {
    let configuration: Configuration
    let options: CreationOptions
    let host: CgroupHost
    /// The caller is root in its user namespace.
    let isRoot = Processes.effectiveUser == 0

    /// The plan and what is left of warnings.
    func plan() throws(JSONError) -> ContainerPlan {
        let linux = configuration.linux
        if !linux.mountLabel.isEmpty, !SecurityModules.hasSELinux {
            throw JSONError("linux.mountLabel", "SELinux is disabled or not supported on this host")
        }
        let root = try rootDirectory()
        var plan = ContainerPlan(container: options.container, root: root, process: try process())
        for namespace in linux.namespaces {
            if namespace.path.isEmpty {
                plan.created.insert(namespace.kind)
            } else {
                plan.joined.append(JoinedNamespace(kind: namespace.kind, path: namespace.path))
            }
        }
        try checkNamespaces(plan)
        plan.identity = try identity(plan)
        plan.clocks = linux.clocks
        let path = try CgroupPlacement.path(
            linux.cgroupsPath,
            container: options.container,
            systemd: options.systemdCgroup
        )
        let planning = CgroupPlanning(host: host, path: path, resources: linux.resources)
        plan.cgroups = try cgroups(planning, plan)
        plan.mounts = try MountPlanner(
            bundle: options.bundle,
            root: root.path,
            configuration: configuration,
            created: plan.created,
            cgroups: planning.mounts(isOwn: plan.cgroups != nil)
        ).mounts()
        plan.devices = devices(plan)
        plan.links = links()
        plan.masked = unique(linux.maskedPaths)
        plan.readOnly = unique(linux.readonlyPaths)
        plan.parameters = try parameters(plan)
        plan.hostname = configuration.hostname
        plan.domainname = configuration.domainname
        plan.interfaces = linux.interfaces
        plan.hooks = configuration.hooks.hooks
        return plan
    }

    private func unique(_ paths: [String]) -> [String] {
        var seen: Set<String> = []
        return paths.map(MountPlanner.normalized).filter { seen.insert($0).inserted }
    }

    private func rootDirectory() throws(JSONError) -> ContainerRoot {
        let text = configuration.root.path
        let path = text.hasPrefix("/") ? text : options.bundle + "/" + text
        guard let folder = try? Files.open(path, OpenFlag.pathOnly | O_DIRECTORY),
            let real = try? Files.readLink("/proc/self/fd/\(folder.number)")
        else { throw JSONError("root.path", "\(path): no such directory") }
        return ContainerRoot(
            path: real,
            readOnly: configuration.root.readOnly,
            propagation: configuration.linux.rootfsPropagation ?? 1 << 18,
            withoutPivot: options.withoutPivot
        )
    }

    private func process() throws(JSONError) -> ContainerProcess {
        guard let section = configuration.process else {
            let none = CapabilitySets(bounding: 0, effective: 0, permitted: 0, inheritable: 0, ambient: 0)
            let privileges = Privileges(
                capabilities: none,
                noNewPrivileges: true,
                filter: [],
                uid: 0,
                gid: 0,
                groups: [],
                limits: [],
                oomScore: nil
            )
            return ContainerProcess(arguments: [], environment: [], directory: "/", privileges: privileges)
        }
        if section.arguments.isEmpty { throw JSONError("process.args", "args must not be empty") }
        let filter = try SeccompPlanner.filter(configuration.linux.seccomp)
        var process = try ProcessPlanner(configuration).process(section, filter: filter)
        process.preservedDescriptors = options.preservedDescriptors
        process.keyring = options.withoutKeyring ? "" : "_ses." + options.container
        process.affinity = []
        process.initialAffinity = []
        ActivationSockets.add(to: &process)
        return process
    }

    // MARK: namespaces and ids

    private func checkNamespaces(_ plan: ContainerPlan) throws(JSONError) {
        let has = plan.joined.reduce(plan.created) { $0.union($1.kind) }
        if !configuration.hostname.isEmpty, !has.contains(.uts) {
            throw JSONError("hostname", "unable to set hostname without a private UTS namespace")
        }
        if !configuration.domainname.isEmpty, !has.contains(.uts) {
            throw JSONError("domainname", "unable to set domainname without a private UTS namespace")
        }
        let linux = configuration.linux
        if !linux.clocks.isEmpty, !plan.created.contains(.time) {
            throw JSONError("linux.timeOffsets", "timeOffsets need a new time namespace")
        }
        if !linux.interfaces.isEmpty, !has.contains(.network) {
            throw JSONError("linux.netDevices", "interfaces need a network namespace to move to")
        }
        if !plan.created.contains(.mount), !linux.maskedPaths.isEmpty || !linux.readonlyPaths.isEmpty,
            !plan.joined.contains(where: { $0.kind == .mount })
        {
            throw JSONError("linux.maskedPaths", "paths can be hidden in a private mount namespace only")
        }
        for namespace in plan.joined { try checkNamespace(namespace) }
    }

    private func checkNamespace(_ namespace: JoinedNamespace) throws(JSONError) {
        // The kernel answers the question what kind a file of nsfs is of: NS_GET_NSTYPE is what setns checks as well, so
        // all that is left to say here is that there is such a file.
        guard Files.exists(namespace.path) else {
            throw JSONError("linux.namespaces", "\(namespace.path): no such file or directory")
        }
        let link = (try? Files.readLink(namespace.path)) ?? ""
        let prefix = namespace.kind.fileName + ":["
        if link.contains(":["), !link.hasPrefix(prefix), !(namespace.kind == .time && link.hasPrefix("time")) {
            throw JSONError("linux.namespaces", "\(namespace.path) is no \(namespace.kind.fileName) namespace")
        }
    }

    private func identity(_ plan: ContainerPlan) throws(JSONError) -> ContainerIdentity? {
        let linux = configuration.linux
        guard plan.created.contains(.user) else {
            if !linux.users.isEmpty, !plan.joined.contains(where: { $0.kind == .user }) {
                throw JSONError("linux.uidMappings", "mappings need a user namespace")
            }
            return nil
        }
        if isRoot {
            guard !linux.users.isEmpty else {
                throw JSONError("linux.uidMappings", "a new user namespace needs mappings")
            }
            guard !linux.groups.isEmpty else {
                throw JSONError("linux.gidMappings", "a new user namespace needs mappings")
            }
            return ContainerIdentity(users: linux.users, groups: linux.groups)
        }
        return try RootlessIdentity.make(linux)
    }

    // MARK: cgroups

    private func cgroups(_ planning: CgroupPlanning, _ plan: ContainerPlan) throws(JSONError) -> ContainerCgroups? {
        if options.withoutCgroups { return nil }
        let linux = configuration.linux
        let place = host.isLegacy ? host.hierarchy("memory")?.mount ?? host.legacy.first?.mount : host.unified
        guard let place else {
            return linux.resources.isEmpty ? nil : try planning.cgroups()
        }
        // Without the right to make groups a container is started without them, unless something was asked of them.
        let mayWrite = isRoot && CgroupAccess.isWritable(place)
        if !mayWrite, !CgroupAccess.isWritable(CgroupAccess.nearest(place + planning.path)) {
            if linux.cgroupsPath.isEmpty, linux.resources.isEmptyButDevices { return nil }
            throw JSONError(
                linux.cgroupsPath.isEmpty ? "linux.resources" : "linux.cgroupsPath",
                "\(place)\(planning.path): permission denied: leave limits and path out, or have the group delegated"
            )
        }
        var cgroups = try planning.cgroups()
        cgroups.owner = owner(plan)
        return cgroups
    }

    /// The host's user behind the container's, where it gets the v2 tree writable; config-linux.md, "Cgroup ownership".
    private func owner(_ plan: ContainerPlan) -> UInt32? {
        guard !host.isLegacy, plan.created.contains(.cgroup), let identity = plan.identity else { return nil }
        let isWritable = configuration.mounts.contains { mount in
            mount.destination == "/sys/fs/cgroup" && mount.source == "cgroup" && !mount.options.contains("ro")
        }
        guard isWritable else { return nil }
        let uid = configuration.process?.uid ?? 0
        let range = identity.users.first { $0.inside <= uid && uid - $0.inside < $0.count }
        return range.map { $0.outside + (uid - $0.inside) }
    }

    // MARK: devices

    private static let defaults: [(path: String, minor: UInt32, major: UInt32)] = [
        ("/dev/null", 3, 1), ("/dev/zero", 5, 1), ("/dev/full", 7, 1), ("/dev/random", 8, 1), ("/dev/urandom", 9, 1),
        ("/dev/tty", 0, 5),
    ]

    private func devices(_ plan: ContainerPlan) -> [DeviceNode] {
        // Nodes of devices can only be made where the kernel trusts the maker: never in a user namespace.
        let bound = plan.identity != nil || plan.joined.contains { $0.kind == .user } || !CgroupAccess.isHostRoot
        var nodes: [DeviceNode] = []
        for section in configuration.linux.devices {
            let path = MountPlanner.normalized(section.path)
            if path == "/dev/ptmx" { continue }
            nodes.removeAll { $0.path == path }
            nodes.append(
                DeviceNode(
                    path: path,
                    mode: section.type | (section.mode ?? 0o666) & 0o7777,
                    major: section.major,
                    minor: section.minor,
                    uid: section.uid,
                    gid: section.gid,
                    bound: bound && section.type != S_IFIFO
                )
            )
        }
        let own = Self.defaults.filter { row in !nodes.contains { $0.path == row.path } }.map { row in
            DeviceNode(
                path: row.path,
                mode: S_IFCHR | 0o666,
                major: row.major,
                minor: row.minor,
                uid: 0,
                gid: 0,
                bound: bound
            )
        }
        return own + nodes
    }

    private func links() -> [SymbolicLinkStep] {
        [
            SymbolicLinkStep(path: "/dev/fd", target: "/proc/self/fd"),
            SymbolicLinkStep(path: "/dev/stdin", target: "/proc/self/fd/0"),
            SymbolicLinkStep(path: "/dev/stdout", target: "/proc/self/fd/1"),
            SymbolicLinkStep(path: "/dev/stderr", target: "/proc/self/fd/2"),
            SymbolicLinkStep(path: "/dev/core", target: "/proc/kcore", condition: "/proc/kcore"),
            SymbolicLinkStep(path: "/dev/ptmx", target: "pts/ptmx", replaces: true),
        ]
    }

    // MARK: parameters

    private func parameters(_ plan: ContainerPlan) throws(JSONError) -> [KernelParameter] {
        let has = plan.joined.reduce(plan.created) { $0.union($1.kind) }
        var parameters: [KernelParameter] = []
        for (key, value) in configuration.linux.parameters {
            let path = key.contains("/") ? key : SystemParameters.path(key)
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
                throw JSONError("linux.sysctl.\(key)", "this is no kernel parameter")
            }
            let domain = configuration.domainname
            if path == "kernel/hostname" || (path == "kernel/domainname" && !domain.isEmpty && domain != value) {
                throw JSONError(
                    "linux.sysctl.\(key)",
                    "it conflicts with the field of the configuration that sets the same"
                )
            }
            guard let kind = SystemParameters.namespace(of: path) else {
                throw JSONError("linux.sysctl.\(key)", "it is not namespaced: it would change the whole host")
            }
            guard has.contains(kind) else {
                throw JSONError("linux.sysctl.\(key)", "it needs a private \(kind.fileName) namespace")
            }
            parameters.append(KernelParameter(path: "/proc/sys/" + path, value: value))
        }
        return parameters
    }
}

/// Kernel parameters that belong to a namespace.
enum SystemParameters {
    /// `net.ipv4.ip_forward` → `net/ipv4/ip_forward`; a slash in a name stands as a dot, as sysctl(8) has it.
    static func path(_ key: String) -> String { String(key.map { $0 == "." ? "/" : $0 }) }

    private static let ipc: Set<String> = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni", "kernel/shm_rmid_forced", "kernel/msg_next_id", "kernel/sem_next_id", "kernel/shm_next_id",
        "kernel/auto_msgmni",
    ]

    static func namespace(of path: String) -> NamespaceSet? {
        if path.hasPrefix("net/") { return .network }
        if ipc.contains(path) || path.hasPrefix("fs/mqueue/") { return .ipc }
        if path == "kernel/domainname" || path == "kernel/hostname" { return .uts }
        if path.hasPrefix("user/") { return .user }
        return nil
    }
}
