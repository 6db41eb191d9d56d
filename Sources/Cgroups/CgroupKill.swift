import Glibc
import LinuxKernel

/// Ends every process of a group, in whatever hierarchy and nested cgroup it is.
enum CgroupKill {
    /// One round of killing; processes end some time after it.
    ///
    /// v2 kills a whole subtree at once, also frozen and forking processes (`cgroup.kill`, kernel 5.14). On v1 the
    /// group is frozen first where it can be, so that no process forks away between reading and killing, and no number
    /// is reused; the signals take effect when it is thawed.
    static func signal(_ group: ControlGroup) {
        if let unified = group.unified { try? Files.writeKernelFile(unified.path + "/cgroup.kill", "1") }
        guard !processes(of: group).isEmpty else { return thaw(group) }
        let control = CgroupControl(group)
        try? control.freeze(timeout: 50_000)
        for process in processes(of: group) where process != getpid() { kill(process, SIGKILL) }
        thaw(group)
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
