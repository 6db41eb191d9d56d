import Cgroups
import Glibc
import Launch
import Launcher
import LinuxKernel

/// Ends containers and removes what is left of them.
enum Ending {
    /// Ends every process of the container and waits until none is left.
    static func kill(_ container: Container) {
        if container.isAlive, let process = try? Processes.open(container.record.pid),
            Processes.livingStartTime(of: container.record.pid) == container.record.startTime
        {
            try? Processes.signal(pidfd: process.number, SIGKILL)
            // A frozen process dies when it is thawed.
            if container.isPaused { try? CgroupControl(container.group).thaw() }
            _ = try? Events.wait(for: [(process.number, Int16(POLLIN))], milliseconds: 10_000)
        }
        // With the first process of a pid namespace the kernel has ended all others.
        if container.record.ownsProcesses, container.record.pid > 0 { return }
        if !container.group.directories.isEmpty { _ = CgroupControl(container.group).killAll() }
    }

    /// Removes cgroups, then the state; what cannot be removed keeps the state, so that the next delete tries again.
    static func remove(_ container: Container) throws(RuntimeError) {
        let group = container.group
        let leftovers = CgroupRemoval.remove([group], parents: false)
        // The group of all containers that have none of their own goes with the last one.
        for directory in group.directories where directory.root.hasSuffix("/bailey-oci") {
            try? Files.removeDirectory(directory.root)
        }
        ResourceControl.remove(container.record.resourceControl)
        if let first = leftovers.first {
            throw RuntimeError("delete container \(container.record.id): remove cgroup \(first.path): \(first.cause)")
        }
        try attempting("delete container \(container.record.id)") { () throws(SyscallError) in
            try Files.removeTree(container.path)
        }
    }

    /// Runs poststop hooks; a failure is a warning.
    static func runStopHooks(_ container: Container, _ hooks: [ContainerHook], _ log: Log) {
        for hook in hooks {
            let state = Array(container.record.state("stopped", pid: nil).text().utf8)
            do throws(ContainerFailure) {
                try HookRunner.run("poststop", [hook], state: state, environment: Environment.own)
            } catch {
                log.warning("\(error)")
            }
        }
    }
}
