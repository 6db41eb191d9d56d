import Cgroups
import Glibc
import LinuxKernel
import Testing

/// Groups of one test below a folder of their own, and processes in them.
struct CgroupBench {
    /// Whether this machine can run the tests: root, and controllers on v1 mounts.
    static let isAvailable: Bool = {
        guard geteuid() == 0, let hierarchy = try? CgroupHierarchy.detect() else { return false }
        return [.memory, .pids, .devices, .freezer, .cpu, .cpuacct].allSatisfy { hierarchy.legacy[$0] != nil }
    }()
    static let need: Comment = "needs root and cgroup v1 mounts of memory, pids, devices, freezer, cpu and cpuacct"

    /// Whether this machine has all of it on v2, as `make test-v2` boots one.
    static let isUnified: Bool = {
        guard geteuid() == 0, let hierarchy = try? CgroupHierarchy.detect(), hierarchy.legacy.isEmpty else {
            return false
        }
        return hierarchy.unified?.controllers.isSuperset(of: [.memory, .pids, .cpu, .cpuset, .io]) == true
    }()
    static let needUnified: Comment = "needs root and pure cgroup v2: run make test-v2"

    let hierarchy: CgroupHierarchy
    let folder: String
    let planner: CgroupPlanner

    init(_ name: String, prefersUnifiedCore: Bool = false) throws {
        hierarchy = try CgroupHierarchy.detect()
        folder = "bailey-test-\(getpid())-\(name)"
        planner = CgroupPlanner(
            hierarchy: hierarchy,
            probe: .live(hierarchy),
            prefersUnifiedCore: prefersUnifiedCore
        )
    }

    /// Makes a group with limits.
    func make(_ limits: ResourceLimits = .none, _ name: String = "acme/web1") throws -> ControlGroup {
        let plan = try planner.plan(limits, path: "\(folder)/\(name)")
        try CgroupCreation.create(plan)
        return plan.group
    }

    /// What is left of the bench in any hierarchy.
    var remains: [String] { ControlGroup.existing(folder, in: hierarchy).directories.map(\.path) }
}

/// A program started by a test, which ends with it at the latest.
final class Program {
    let pid: Int32
    private var isReaped = false

    init(_ arguments: [String]) throws {
        var strings = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
        var pid: pid_t = 0
        let failure = unsafe posix_spawn(&pid, arguments[0], nil, nil, &strings, environ)
        if failure != 0 { throw SyscallError(call: "posix_spawn", subject: arguments[0], errno: failure) }
        self.pid = pid
    }

    /// A shell that joins the group by itself before it runs the script.
    convenience init(in group: ControlGroup, script: String) throws {
        let joins = group.directories.map { "echo $$ > '\($0.procs)' && " }.joined()
        try self.init(["/bin/sh", "-c", joins + script])
    }

    /// The exit status, or 128 and the signal's number; -1 when the program does not end within ten seconds.
    func wait() -> Int32 {
        for _ in 0..<2000 {
            var status: Int32 = 0
            if unsafe waitpid(pid, &status, WNOHANG) == pid {
                isReaped = true
                return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
            }
            usleep(5000)
        }
        return -1
    }

    deinit {
        if isReaped { return }
        kill(pid, SIGKILL)
        _ = wait()
    }
}
