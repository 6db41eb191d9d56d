import CLinux
import Glibc

/// A process id in the caller's pid namespace.
public typealias ProcessID = Int32

/// Making, replacing and ending processes.
public enum Processes {
    /// clone3(2) as a fork: returns in both processes, nil in the child.
    ///
    /// `flags`: `CLONE_NEW*`, and `CLONE_INTO_CGROUP` is added when `cgroup` is given. `CLONE_VM` is refused
    ///   by its absence from every caller: the child runs on a copy of the memory.
    /// - Precondition: Single-threaded. The child of a threaded program may find any lock held.
    public static func clone(flags: UInt64, cgroup: Int32? = nil) throws(SyscallError) -> ClonedProcess? {
        var pidfd: Int32 = -1
        let all = flags | 0x1000 | (cgroup == nil ? 0 : 0x2_0000_0000)
        let pid = try checked("clone3", "flags \(flags)", unsafe clinux_clone3(all, &pidfd, SIGCHLD, cgroup ?? -1))
        if pid == 0 { return nil }
        return ClonedProcess(pid: ProcessID(pid), pidfd: OwnedDescriptor(owning: pidfd))
    }

    /// Replaces the program; returns only when it failed.
    public static func execute(_ path: String, _ arguments: [String], _ environment: [String]) -> SyscallError {
        let result = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(environment) { envp in unsafe clinux_execve(path, argv, envp) }
        }
        return SyscallError(call: "execve", subject: path, errno: Int32(-result))
    }

    /// As ``execute(_:_:_:)``, with the environment that this process was given.
    public static func executeKeepingEnvironment(_ path: String, _ arguments: [String]) -> SyscallError {
        let result = unsafe withCStrings(arguments) { argv in unsafe clinux_execve_keeping_environment(path, argv) }
        return SyscallError(call: "execve", subject: path, errno: Int32(-result))
    }

    /// Ends this process at once, running nothing else.
    public static func exit(_ status: Int32) -> Never {
        clinux_exit(status)
    }

    /// Waits for any child; nil when `wait` is false and none has ended.
    ///
    /// `ECHILD`: there are none.
    public static func reapAny(wait: Bool) throws(SyscallError) -> ReapedProcess? {
        var status: Int32 = 0
        let pid = try checkedRetrying("wait4", "any child") {
            unsafe clinux_wait4(-1, &status, (wait ? 0 : WNOHANG) | 0x4000_0000)
        }
        return pid == 0 ? nil : ReapedProcess(pid: ProcessID(pid), status: WaitStatus(rawValue: status))
    }

    /// Waits for one child to end.
    public static func reap(_ pid: ProcessID) throws(SyscallError) -> WaitStatus {
        var status: Int32 = 0
        try checkedRetrying("wait4", "process \(pid)") { unsafe clinux_wait4(pid, &status, 0x4000_0000) }
        return WaitStatus(rawValue: status)
    }

    /// Sends a signal; pid -1 means every process of the pid namespace but the caller and PID 1.
    ///
    /// kill(2).
    public static func signal(_ pid: ProcessID, _ number: Int32) throws(SyscallError) {
        try checked("kill", "process \(pid)", clinux_kill(pid, number))
    }

    /// Sends a signal to each process that `members` lists, and to no other that has got its number meanwhile.
    ///
    /// For lists of numbers that the kernel gives out, such as cgroup.procs. A number is bound to a process by
    /// pidfd_open(2) first and looked up in the list again after that: whoever is listed then is the one that the
    /// descriptor leads to, or that one has ended. Never to 1, 0 or a negative number, whatever a list says, nor to the
    /// caller. A process that cannot be reached is left out: whoever must end all of them looks again.
    public static func signal(members: () -> Set<ProcessID>, _ number: Int32) {
        let listed = members().filter { $0 > 1 && $0 != current }.sorted()
        for start in stride(from: 0, to: listed.count, by: 64) {
            let some = listed[start..<min(start + 64, listed.count)]
            let handles = some.compactMap { pid in (try? open(pid).release()).map { (pid: pid, handle: $0) } }
            let still = members()
            for (pid, handle) in handles {
                let process = OwnedDescriptor(owning: handle)
                if still.contains(pid) { try? signal(pidfd: process.number, number) }
            }
        }
    }

    /// Sends a signal through a pidfd, which cannot hit a recycled pid.
    ///
    /// pidfd_send_signal(2).
    public static func signal(pidfd: Int32, _ number: Int32) throws(SyscallError) {
        try checked("pidfd_send_signal", "signal \(number)", clinux_pidfd_send_signal(pidfd, number))
    }

    /// A descriptor for the process that has this pid now.
    ///
    /// pidfd_open(2).
    public static func open(_ pid: ProcessID) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("pidfd_open", "process \(pid)", clinux_pidfd_open(pid, 0))))
    }

    /// The start time of a process in clock ticks since boot, field 22 of proc_pid_stat(5).
    ///
    /// The command name in field 2 may hold blanks and parentheses, so fields are counted from the last `)`.
    public static func startTime(of pid: ProcessID) throws(SyscallError) -> UInt64 {
        let path = "/proc/\(pid)/stat"
        let text = try Files.readText(path)
        guard let close = text.lastIndex(of: ")") else {
            throw SyscallError(call: "read", subject: path, errno: EPROTO)
        }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, let ticks = UInt64(fields[19]) else {
            throw SyscallError(call: "read", subject: path, errno: EPROTO)
        }
        return ticks
    }

    /// This process' id.
    public static var current: ProcessID { ProcessID(clinux_getpid()) }

    /// The parent's id, 0 when it is outside the pid namespace.
    public static var parent: ProcessID { ProcessID(clinux_getppid()) }

    /// The effective user id.
    public static var effectiveUser: UInt32 { UInt32(clinux_geteuid()) }

    /// Makes this process the leader of a new session without a terminal.
    ///
    /// setsid(2).
    public static func startSession() throws(SyscallError) {
        try checked("setsid", "process \(current)", clinux_setsid())
    }

    /// Starts `path` without copying this process' memory; see `clinux_spawn`.
    ///
    /// `descriptors`: Descriptor number here to number there; everything else is closed.
    public static func spawn(
        _ path: String,
        _ arguments: [String],
        _ environment: [String],
        descriptors: [(here: Int32, there: Int32)]
    ) throws(SyscallError) -> ClonedProcess {
        var pidfd: Int32 = -1
        var failure: Int32 = 0
        let map = descriptors.flatMap { [$0.here, $0.there] }
        let pid = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(environment) { envp in
                unsafe map.withUnsafeBufferPointer { pairs in
                    guard let first = pairs.baseAddress else { return -Int(EINVAL) }
                    // The arrays hold no NULL before their end; C's annotation wants that said.
                    return unsafe argv.withMemoryRebound(to: UnsafeMutablePointer<CChar>.self, capacity: 1) { argv in
                        unsafe envp.withMemoryRebound(to: UnsafeMutablePointer<CChar>.self, capacity: 1) { envp in
                            unsafe clinux_spawn(path, argv, envp, first, Int32(map.count / 2), &pidfd, &failure)
                        }
                    }
                }
            }
        }
        try checked("clone", path, pid)
        let child = ClonedProcess(pid: ProcessID(pid), pidfd: OwnedDescriptor(owning: pidfd))
        if failure != 0 {
            _ = try reap(child.pid)
            throw SyscallError(call: "execve", subject: path, errno: -failure)
        }
        return child
    }
}

/// A child made by ``Processes/clone(flags:cgroup:)`` or ``Processes/spawn(_:_:_:descriptors:)``.
public struct ClonedProcess: ~Copyable {
    /// Its id here.
    public let pid: ProcessID
    /// A descriptor that is readable when it has ended.
    public let pidfd: OwnedDescriptor

    /// The descriptor alone, for whoever keeps the number elsewhere.
    public consuming func descriptor() -> OwnedDescriptor { pidfd }
}

/// A child that ended.
public struct ReapedProcess: Equatable, Sendable {
    /// Its id.
    public let pid: ProcessID
    /// How it ended.
    public let status: WaitStatus
}

/// The status word of wait(2).
public struct WaitStatus: RawRepresentable, Equatable, Sendable {
    /// As the kernel packs it.
    public let rawValue: Int32

    /// Takes a status word.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// The exit code, if the process exited by itself.
    public var exitCode: Int32? { rawValue & 0x7f == 0 ? (rawValue >> 8) & 0xff : nil }

    /// The signal that ended it, if one did.
    public var signal: Int32? { exitCode == nil ? rawValue & 0x7f : nil }

    /// What a shell, and docker, reports: the code, or 128 + the signal.
    public var shellCode: Int32 { exitCode ?? 128 + (rawValue & 0x7f) }
}

extension Processes {
    /// Runs `body` in a child that shares this process' memory; the parent sleeps until the child has executed a program
    /// or ended, so it then knows which.
    ///
    /// Nothing is copied. What `body` changes of memory stays changed here, what it changes of its descriptors, ids,
    /// capabilities and signals does not: those are each process' own.
    ///
    /// clone(2), `CLONE_VM`, `CLONE_VFORK`.
    ///
    /// - Returns: The child's id.
    /// - Precondition: Single-threaded, and parent and child may know all of each other's memory.
    public static func startSharingMemory(_ body: @escaping () -> Never) throws(SyscallError) -> ProcessID {
        // What the child holds when it executes its program is never released here: hence a closure that may escape.
        var call = ChildCall(body: body)
        let result = unsafe withUnsafeMutablePointer(to: &call) { call in
            unsafe clinux_call_in_child({ unsafe $0.assumingMemoryBound(to: ChildCall.self).pointee.body() }, call)
        }
        return ProcessID(try checked("clone", "CLONE_VM | CLONE_VFORK", result))
    }

    private struct ChildCall {
        let body: () -> Never
    }
}

/// Operations on descriptors that have no owner of their own, such as standard streams.
public enum Descriptors {
    /// A second descriptor, close-on-exec, numbered `from` or higher.
    public static func duplicate(_ number: Int32, from lowest: Int32) throws(SyscallError) -> Int32 {
        Int32(
            try checked(
                "fcntl F_DUPFD_CLOEXEC",
                "descriptor \(number)",
                clinux_fcntl(number, F_DUPFD_CLOEXEC, Int(lowest))
            )
        )
    }
}
