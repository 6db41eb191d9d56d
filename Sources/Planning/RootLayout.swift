import Launch
import Profiles

/// The mounts of a jail, in the order in which they are made.
struct RootLayout {
    private(set) var sources: [BindSource] = []
    private(set) var steps: [RootStep] = []

    private static let inert = MountAttribute.noSetuid | MountAttribute.noDevices | MountAttribute.noExecution

    init(_ spec: JailSpec, _ instance: JailInstance, _ facts: HostFacts, sharesNetwork: Bool) {
        // The tenant's own mounts come first: should a link in the rootfs lead one to /proc or /dev, the kernel's file
        // systems are mounted over it.
        let own = spec.mounts.map(\.value)
        for mount in own where !Self.isBelowDev(mount.target) { add(mount) }
        addKernelFileSystems(spec, sharesNetwork: sharesNetwork)
        addDevices(spec)
        for mount in own where Self.isBelowDev(mount.target) { add(mount) }
        if spec.initMode.value == .system { addRunDirectories() }
        addResolverFiles(ResolverFile.all(spec, instance, facts), sharedHosts: instance.hostsFile)
        addParameters(spec, sharesNetwork: sharesNetwork)
        // Masks come after everything that is mounted, so that nothing can lie over a mask.
        for path in spec.effectiveMaskedPaths { steps.append(.mask(path: path.value)) }
        for path in spec.effectiveReadOnlyPaths { steps.append(.readOnly(path: path.value)) }
        if spec.security.readOnlyRoot.value { steps.append(.sealRoot) }
    }

    private static func isBelowDev(_ target: String) -> Bool { target == "/dev" || target.hasPrefix("/dev/") }

    private mutating func add(_ mount: Mount) {
        var attributes: UInt64 = 0
        if mount.readOnly { attributes |= MountAttribute.readOnly }
        if mount.noSetUserID { attributes |= MountAttribute.noSetuid }
        if mount.noDevices { attributes |= MountAttribute.noDevices }
        if mount.noExecution { attributes |= MountAttribute.noExecution }
        switch mount.type {
        case .bind:
            addBind(mount.source ?? "/", to: mount.target, attributes, recursive: true, shifted: true)
        case .tmpfs:
            var options = ["mode=\(String(mount.mode ?? 0o1777, radix: 8))"]
            if let size = mount.size { options.append("size=\(size.bytes)") }
            steps.append(
                .mount(type: "tmpfs", target: mount.target, options: options, attributes: attributes, fixed: false)
            )
        }
    }

    private mutating func addBind(
        _ source: String,
        to target: String,
        _ attributes: UInt64,
        recursive: Bool,
        shifted: Bool
    ) {
        sources.append(BindSource(path: source, recursive: recursive, shifted: shifted))
        steps.append(.bind(source: UInt32(sources.count - 1), target: target, attributes: attributes))
    }

    private mutating func addKernelFileSystems(_ spec: JailSpec, sharesNetwork: Bool) {
        mount("proc", "/proc", [], Self.inert)
        if sharesNetwork {
            // The kernel mounts sysfs only for whoever owns the network namespace that it shows: here that is the host.
            addBind("/sys", to: "/sys", Self.inert | MountAttribute.readOnly, recursive: false, shifted: false)
        } else {
            mount("sysfs", "/sys", [], Self.inert | MountAttribute.readOnly)
        }
        mount(
            "tmpfs",
            "/dev",
            ["mode=0755", "size=65536k", "nr_inodes=4096"],
            MountAttribute.noSetuid | MountAttribute.noExecution
        )
        // gid 5 is tty in every distribution; a terminal is then writable by its owner and by tty's group alone.
        mount(
            "devpts",
            "/dev/pts",
            ["newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
            MountAttribute.noSetuid | MountAttribute.noExecution
        )
        mount("tmpfs", "/dev/shm", ["mode=1777", "size=\(spec.sharedMemory.value.bytes)"], Self.inert)
        mount("mqueue", "/dev/mqueue", [], Self.inert)
    }

    private mutating func mount(_ type: String, _ target: String, _ options: [String], _ attributes: UInt64) {
        steps.append(.mount(type: type, target: target, options: options, attributes: attributes, fixed: true))
    }

    private mutating func addDevices(_ spec: JailSpec) {
        let nodes: [(String, UInt32, UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        for (name, major, minor) in nodes { steps.append(.device(name: name, major: major, minor: minor)) }
        let links = [
            ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"), ("/dev/ptmx", "pts/ptmx"),
        ]
        for (path, target) in links { steps.append(.link(path: path, target: target)) }
    }

    /// What an init program expects to be empty at every boot.
    private mutating func addRunDirectories() {
        let attributes = MountAttribute.noSetuid | MountAttribute.noDevices
        steps.append(
            .mount(
                type: "tmpfs",
                target: "/run",
                options: ["mode=0755", "size=64m"],
                attributes: attributes,
                fixed: false
            )
        )
        steps.append(
            .mount(
                type: "tmpfs",
                target: "/run/lock",
                options: ["mode=1777", "size=4m"],
                attributes: attributes,
                fixed: false
            )
        )
    }

    /// A file of names that jails share is mounted, since it changes while they run; the others are written.
    private mutating func addResolverFiles(_ files: [ResolverFile], sharedHosts: String?) {
        for file in files {
            if let sharedHosts, file.name == "hosts" {
                let attributes = Self.inert | MountAttribute.readOnly
                addBind(sharedHosts, to: "/etc/hosts", attributes, recursive: false, shifted: true)
            } else {
                steps.append(.text(path: "/etc/\(file.name)", text: file.text))
            }
        }
    }

    private mutating func addParameters(_ spec: JailSpec, sharesNetwork: Bool) {
        // In a network namespace of its own a jail may ping and use low ports without a capability, as docker allows.
        let defaults = [("net.ipv4.ping_group_range", "0 65535"), ("net.ipv4.ip_unprivileged_port_start", "0")]
        let set = spec.kernelParameters.map(\.value)
        if !sharesNetwork {
            for (name, value) in defaults where !set.contains(where: { $0.name == name }) { addParameter(name, value) }
        }
        for parameter in set { addParameter(parameter.name, parameter.value) }
    }

    private mutating func addParameter(_ name: String, _ value: String) {
        let path = name.split(separator: ".").joined(separator: "/")
        steps.append(.parameter(path: "/proc/sys/\(path)", value: value))
    }
}
