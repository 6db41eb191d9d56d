import Cgroups
import LinuxKernel
import Planning
import Storage

extension HostFacts {
    /// Looks at the host: a handful of small files, since every start does this.
    static func gather(
        _ layout: StateLayout,
        needsDisk: Bool,
        diskLimit: DiskLimit = DiskLimit()
    ) throws(EngineError) -> HostFacts {
        let hierarchy = try attempting(
            "looking for cgroups",
            advice: "mount cgroup2, or the cgroup v1 controllers, below /sys/fs/cgroup"
        ) { () throws(SyscallError) in try CgroupHierarchy.detect() }
        let highest = try attempting("reading the kernel's capabilities") { () throws(SyscallError) in
            try Capabilities.highest()
        }
        return HostFacts(
            hierarchy: hierarchy,
            probe: .live(hierarchy),
            highestCapability: highest,
            disk: needsDisk ? disk(of: layout.library) : nil,
            resolverConfiguration: resolverConfiguration() + "\n",
            diskBinding: diskLimit.isSet ? DiskBinding.find(for: diskLimit, at: layout.library) : nil
        )
    }

    /// The host's name servers; of systemd-resolved those that it asks itself, since it listens on a loopback address that
    /// is not the jail's.
    private static func resolverConfiguration() -> String {
        let text = (try? Files.readText("/etc/resolv.conf")) ?? ""
        guard text.contains("nameserver 127.") else { return text }
        return (try? Files.readText("/run/systemd/resolve/resolv.conf")) ?? text
    }

    /// The whole disk below a path: rates are the disk's, and the kernel refuses partitions.
    ///
    /// sysfs(5).
    private static func disk(of path: String) -> DiskNumber? {
        guard let device = (try? Files.status(path, following: true))?.device else { return nil }
        let number = "\(DeviceNumber.major(device)):\(DeviceNumber.minor(device))"
        let folder = "/sys/dev/block/\(number)"
        guard Files.exists(folder) else { return nil }
        let isPartition = Files.exists(folder + "/partition")
        let parts = ((try? Files.readText(folder + (isPartition ? "/../dev" : "/dev"))) ?? "").split(separator: ":")
        guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
        return DiskNumber(major: major, minor: minor)
    }
}
