import Glibc
import LinuxKernel

extension CgroupHierarchy {
    /// What this host offers to the calling process: three small reads and a few stat(2) calls, some tens of µs.
    ///
    /// - Parameter delegated: An absolute path below the v2 mount that was given to Bailey, such as the cgroup of a
    ///   systemd unit with `Delegate=yes` that runs as root. Without it, Bailey takes the topmost cgroup around the
    ///   calling process that its user owns: the root cgroup for real root, the user's manager for others.
    /// - Returns: The description; without any cgroup mount an empty one.
    /// - Throws: ``SyscallError`` when `/proc` cannot be read; nothing is changed in any case.
    public static func detect(delegated: String? = nil) throws(SyscallError) -> CgroupHierarchy {
        let mounts = MountTable(mountInfo: try Files.readBytes("/proc/self/mountinfo"))
        var hierarchy = CgroupHierarchy(legacy: mounts.legacyPoints)
        guard let mount = mounts.unifiedMount else { return hierarchy }
        let own = Delegation.ownCgroup(try Files.readText("/proc/self/cgroup"), mountRoot: mount.root)
        let delegation = Delegation(
            mount: mount.point,
            isWritable: mount.isWritable,
            own: own,
            user: geteuid(),
            owner: { path in (try? Files.status(path))?.uid }
        )
        let base = delegated ?? delegation.base
        let offered = (try? Files.readText((base ?? mount.point) + "/cgroup.controllers")) ?? ""
        let isRoot = !Files.exists((base ?? mount.point) + "/cgroup.type")
        hierarchy.unified = UnifiedTree(
            mount: mount.point,
            base: base,
            controllers: Set(offered.split(separator: " ").compactMap { Controller(rawValue: String($0)) }),
            isOccupied: !isRoot && base != nil && base == own.map { mount.point.appending(cgroup: $0) },
            isRoot: isRoot
        )
        return hierarchy
    }
}

/// Finds the cgroup below which the calling process may make others on v2.
///
/// The rule: the topmost directory on the way from the mount down to the process' own cgroup that belongs to its user.
/// The kernel's model of delegation is ownership of the directory and of `cgroup.procs` and `cgroup.subtree_control`
/// in it (cgroups(7), "Cgroups delegation"), and systemd follows it.
struct Delegation {
    var mount: String
    var isWritable: Bool
    /// The process' own cgroup relative to the mount, beginning with `/`; nil when it is outside the mount.
    var own: String?
    var user: UInt32
    /// The owner of a directory, nil when it cannot be told.
    var owner: (String) -> UInt32?

    var base: String? {
        guard isWritable else { return nil }
        var path = mount
        if owner(path) == user { return path }
        for component in (own ?? "/").split(separator: "/") {
            path += "/" + component
            if owner(path) == user { return path }
        }
        return nil
    }

    /// The v2 line (`0::/path`) of `/proc/self/cgroup`, relative to the root of the mount.
    static func ownCgroup(_ text: String, mountRoot: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else { return nil }
        let path = line.dropFirst(3)
        // Outside the caller's cgroup namespace the kernel writes /.., and a removed cgroup ends in " (deleted)".
        if path.hasPrefix("/..") || path.hasSuffix(" (deleted)") { return nil }
        if mountRoot == "/" || mountRoot.hasPrefix("/..") { return String(path) }
        if path == mountRoot { return "/" }
        return path.hasPrefix(mountRoot + "/") ? String(path.dropFirst(mountRoot.utf8.count)) : nil
    }
}

extension String {
    /// The directory of a cgroup given as a path from the root of its hierarchy.
    func appending(cgroup path: String) -> String {
        path == "/" ? self : self + path
    }
}
