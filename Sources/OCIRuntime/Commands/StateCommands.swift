import Cgroups
import Glibc
import JSONText
import Launch
import Launcher
import LinuxKernel

/// `state`.
struct StateCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let id = try Arguments(words, [], command: "state").identifier("state")
        let container = try runtime.store.load(id)
        let status = container.status
        // Before anything could be asked of it, it is not there for others, as with runc and crun.
        if status == .creating, !container.record.isShown { throw RuntimeError("container \(id) does not exist") }
        let pid = status == .stopped ? 0 : container.record.pid
        Output.print(container.record.state(status.rawValue, pid: pid, extended: true).text(indent: 2))
        return 0
    }
}

/// `kill`.
struct KillCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.flag("all", "a"), .flag("regex", "r")], command: "kill")
        let id = try arguments.identifier("kill", more: true)
        let name = arguments.positional.dropFirst().first ?? "SIGTERM"
        guard let signal = SignalName.number(name) else {
            throw RuntimeError("kill container \(id): unknown signal '\(name)'")
        }
        let container = try runtime.store.load(id)
        let status = container.status
        let all = arguments.has("all") || (signal == SIGKILL && !container.record.ownsProcesses)
        if status == .stopped {
            // What it left behind in the host's own pid namespace can still be ended.
            if all, !CgroupControl(container.group).processes().isEmpty { return signalAll(container, signal) }
            if arguments.has("all") { return 0 }
            throw RuntimeError("kill container \(id): container not running")
        }
        if all, !container.group.directories.isEmpty { return signalAll(container, signal) }
        try signalFirst(container, signal)
        return 0
    }

    private func signalFirst(_ container: Container, _ signal: Int32) throws(RuntimeError) {
        let record = container.record
        try attempting("kill container \(record.id)") { () throws(SyscallError) in
            let process = try Processes.open(record.pid)
            guard Processes.livingStartTime(of: record.pid) == record.startTime else {
                throw SyscallError(call: "pidfd_open", subject: "process \(record.pid)", errno: ESRCH)
            }
            try Processes.signal(pidfd: process.number, signal)
        }
        if signal == SIGKILL, container.isPaused { try? CgroupControl(container.group).thaw() }
    }

    private func signalAll(_ container: Container, _ signal: Int32) -> Int32 {
        if signal == SIGKILL {
            _ = CgroupControl(container.group).killAll()
        } else {
            let control = CgroupControl(container.group)
            Processes.signal(members: { Set(control.processes()) }, signal)
        }
        return 0
    }
}

/// `delete`.
struct DeleteCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.flag("force", "f"), .flag("regex", "r")], command: "delete")
        let id = try arguments.identifier("delete")
        let isForced = arguments.has("force")
        do throws(RuntimeError) {
            let hold = try runtime.store.hold(id)
            defer { _ = hold.path }
            let container = try runtime.store.load(id)
            let status = container.status
            guard isForced || status == .stopped || status == .created else {
                throw RuntimeError(
                    "cannot delete container \(id) that is not stopped: \(status.rawValue): kill it first, or use --force"
                )
            }
            let hooks = (try? container.configuration())?.hooks.hooks ?? ContainerHooks()
            Ending.kill(container)
            try Ending.remove(container)
            Ending.runStopHooks(container, hooks.poststop, runtime.log)
        } catch {
            if isForced, !Files.exists(runtime.store.directory(id)) { return 0 }
            throw error
        }
        return 0
    }
}

/// `pause` and `resume`.
struct PauseCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func pause(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let id = try Arguments(words, [], command: "pause").identifier("pause")
        let container = try runtime.store.load(id)
        let status = container.status
        guard status == .running || status == .created else {
            throw RuntimeError("pause container \(id): container not running: it is \(status.rawValue)")
        }
        try attempting("pause container \(id)") { () throws(CgroupError) in try CgroupControl(container.group).freeze()
        }
        return 0
    }

    func resume(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let id = try Arguments(words, [], command: "resume").identifier("resume")
        let container = try runtime.store.load(id)
        guard container.isAlive, container.isPaused else {
            throw RuntimeError("resume container \(id): container not paused: it is \(container.status.rawValue)")
        }
        try attempting("resume container \(id)") { () throws(CgroupError) in try CgroupControl(container.group).thaw() }
        return 0
    }
}

/// Signals by name or number.
enum SignalName {
    private static let numbers: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9,
        "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CLD": 17,
        "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26,
        "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31, "RTMIN": 34, "RTMAX": 64,
    ]

    /// `TERM`, `SIGTERM`, `15`, `SIGRTMIN+3`.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return 0...64 ~= number ? number : nil }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if let number = numbers[name] { return number }
        if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), 0...30 ~= offset { return 34 + offset }
        if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), 0...30 ~= offset { return 64 - offset }
        return nil
    }
}
