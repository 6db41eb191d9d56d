import Glibc
import LinuxKernel

/// Ends every process of a group, in whatever hierarchy and nested cgroup it is.
enum CgroupKill {
    /// One round of killing; processes end some time after it.
    ///
    /// v2 kills a whole subtree at once, also frozen and forking processes (`cgroup.kill`, kernel 5.14). On v1 the
    /// group is frozen first where it can be, so that no process forks away between reading and killing; the signals
    /// take effect when it is thawed.
    ///
    /// The calling process is spared; when it is inside, nothing is frozen, because it would stop itself.
    static func signal(_ group: ControlGroup) {
        // Whoever asks for this has lost track of what is his.
        if group.directories.contains(where: isRoot) { return }
        if processes(of: group).contains(getpid()) { return kill(group) }
        if let unified = group.unified { try? Files.writeKernelFile(unified.path + "/cgroup.kill", "1") }
        if !processes(of: group).isEmpty {
            try? CgroupControl(group).freeze(timeout: 50_000)
            kill(group)
        }
        thaw(group)
    }

    private static func kill(_ group: ControlGroup) {
        Processes.signal(members: { processes(of: group) }, SIGKILL)
    }

    /// Whether the directory is the root of a hierarchy, where every process of the host is.
    private static func isRoot(_ directory: CgroupDirectory) -> Bool {
        switch directory.version {
        case .v1: Files.exists(directory.path + "/cgroup.sane_behavior")
        case .v2: !Files.exists(directory.path + "/cgroup.events")
        }
    }

    /// The union over all hierarchies: a guest's own cgroups may differ between them.
    static func processes(of group: ControlGroup) -> Set<Int32> {
        group.directories.reduce(into: []) { $0.formUnion(CgroupProcesses.all(below: $1.path)) }
    }

    /// Thaws the group and, on v1, every nested cgroup that a guest may have frozen by itself.
    private static func thaw(_ group: ControlGroup) {
        guard let directory = group.directory(for: .freezer) else { return }
        if directory.version == .v2 {
            try? Files.writeKernelFile(directory.path + "/cgroup.freeze", "0")
            return
        }
        try? CgroupTree.visit(directory.path) { fd in
            try? Files.writeKernelFile("freezer.state", "THAWED", at: fd)
        }
    }
}
