import Glibc
import LinuxKernel

/// Acts on the processes of one group.
public struct CgroupControl: Sendable {
    /// The group.
    public let group: ControlGroup

    /// Control over `group`.
    public init(_ group: ControlGroup) {
        self.group = group
    }

    /// Moves a process, with all its threads, into every hierarchy of the group.
    ///
    /// A process born by `CLONE_INTO_CGROUP` is in the v2 directory already and needs only `legacy`. The first move
    /// after a quiet spell waits some ms for an RCU grace period.
    ///
    /// - Throws: ``CgroupError/attach(process:path:cause:)``; hierarchies before that one are joined.
    public func attach(_ process: Int32, skippingUnified: Bool = false) throws(CgroupError) {
        for directory in group.directories where !(skippingUnified && directory.version == .v2) {
            try CgroupProcesses.attach(process, to: directory.path)
        }
    }

    /// The processes in the group and in cgroups that the guest made in it, in ascending order.
    public func processes() -> [Int32] {
        guard let directory = group.directory(for: .pids) ?? group.directories.first else { return [] }
        return CgroupProcesses.all(below: directory.path).sorted()
    }

    /// Stops every process where it is, and waits until all have stopped.
    ///
    /// - Parameter timeout: µs.
    /// - Throws: ``CgroupError/notFrozen(path:state:)``, after thawing, when a process does not come to rest; or that
    ///   the host has neither freezer nor v2 tree.
    /// - SeeAlso: the kernel's cgroup-v2.rst, `cgroup.freeze`; cgroup-v1/freezer-subsystem.rst.
    public func freeze(timeout: UInt64 = 2_000_000) throws(CgroupError) {
        try change(to: true, timeout: timeout)
    }

    /// Lets the processes go on, and waits until they may.
    public func thaw(timeout: UInt64 = 2_000_000) throws(CgroupError) {
        try change(to: false, timeout: timeout)
    }

    /// Whether every process has stopped; nil when that cannot be told.
    public func isFrozen() -> Bool? {
        guard let freezer = try? Freezer(group), let state = try? freezer.state() else { return nil }
        return state == freezer.frozenState
    }

    /// Ends every process with SIGKILL and waits until none is left.
    ///
    /// - Parameter timeout: µs.
    /// - Returns: Processes that are still there; empty is success. The calling process is never killed.
    public func killAll(timeout: UInt64 = 5_000_000) -> [Int32] {
        var backoff = Backoff(microseconds: timeout)
        var round = 0
        while true {
            if round % 8 == 0 { CgroupKill.signal(group) }
            let rest = CgroupKill.processes(of: group)
            round += 1
            if rest.isEmpty || !backoff.pause() { return rest.sorted() }
        }
    }

    private func change(to frozen: Bool, timeout: UInt64) throws(CgroupError) {
        let freezer = try Freezer(group)
        if frozen, CgroupProcesses.all(below: freezer.directory.path).contains(getpid()) {
            throw .unsupported(what: "pause", remedy: "the calling process is in it and would stop itself")
        }
        var backoff = Backoff(microseconds: timeout)
        let goal = frozen ? freezer.frozenState : freezer.thawedState
        var state = ""
        repeat {
            // v1 may lose a fork that ran beside the request: asking again catches it.
            try freezer.request(frozen)
            state = try freezer.state()
            if state == goal { return }
        } while backoff.pause()
        if frozen { try freezer.request(false) }
        throw .notFrozen(path: freezer.directory.path, state: state)
    }
}

/// The file that stops a group, and the one that tells whether it has stopped.
private struct Freezer {
    let directory: CgroupDirectory

    init(_ group: ControlGroup) throws(CgroupError) {
        guard let directory = group.directory(for: .freezer) else {
            throw .unsupported(what: "pause", remedy: "mount the v1 freezer or cgroup2")
        }
        self.directory = directory
    }

    var frozenState: String { directory.version == .v2 ? "1" : "FROZEN" }
    var thawedState: String { directory.version == .v2 ? "0" : "THAWED" }

    func request(_ frozen: Bool) throws(CgroupError) {
        let isUnified = directory.version == .v2
        let value = isUnified ? (frozen ? "1" : "0") : (frozen ? "FROZEN" : "THAWED")
        let write = CgroupWrite(isUnified ? "cgroup.freeze" : "freezer.state", value)
        _ = try LimitWriter.write([write], in: directory.path)
    }

    func state() throws(CgroupError) -> String {
        do throws(SyscallError) {
            if directory.version == .v1 { return try Files.readText(directory.path + "/freezer.state") }
            let events = FlatKeyed(try Files.readText(directory.path + "/cgroup.events"))
            return events["frozen"].map { "\($0)" } ?? "unknown"
        } catch {
            throw .read(error)
        }
    }
}
