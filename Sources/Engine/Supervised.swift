import Cgroups
import Glibc
import Launch
import LinuxKernel
import Profiles
import Storage

/// What a supervisor asks of the engine beyond the commands.
extension Engine {
    /// Freezes every process of a jail, or lets them go on.
    public func setPaused(_ name: String, _ paused: Bool) throws(EngineError) {
        let control = CgroupControl(try JailListing(self).running(name).group)
        do throws(CgroupError) {
            if paused { try control.freeze() } else { try control.thaw() }
        } catch {
            throw .refused("\(paused ? "pausing" : "resuming") \(name): \(error)")
        }
    }

    /// The status of the last run that is known, as a shell shows it.
    public func lastExit(of name: String) -> Int32? {
        RecordedExit(text: (try? Files.readText(layout.stateDirectory(name) + "/exit")) ?? "")?.status.shellCode
    }

    /// What the last run that ended used, and which run that was; nil where its launcher kept nothing.
    public func lastCounters(of name: String) -> (run: UInt64, statistics: CgroupStatistics)? {
        guard let text = try? Files.readText("\(layout.stateDirectory(name))/\(KeptCounters.file)"),
            let kept = KeptCounters(text)
        else { return nil }
        return (kept.run, CgroupCounters.statistics(kept.texts))
    }

    /// How a run ended whose launcher is gone; what a launcher that was killed left is cleaned up.
    ///
    /// - Returns: nil when nobody knows how it ended.
    public func settle(_ name: String) throws(EngineError) -> (status: Int32, reboot: Bool)? {
        for _ in 0..<400 {
            if try Sweep(self).clean(name) { break }
            Events.sleep(milliseconds: 5)
        }
        guard let text = try? Files.readText(layout.stateDirectory(name) + "/exit"),
            let exit = RecordedExit(text: text)
        else { return nil }
        return (exit.status.shellCode, exit.asksForRestart)
    }

    /// Starts a command in a running jail for somebody else, with the jail's confinement and his own streams.
    ///
    /// `streams` are input, output and complaints; they stay open here.
    ///
    /// - Returns: The process that runs it, whose status is the command's: the caller watches and reaps it.
    public func startEntry(
        _ name: String,
        _ request: EntryRequest,
        streams: [Int32]
    ) throws(EngineError) -> (pid: ProcessID, pidfd: Int32) {
        var request = request
        if request.command.isEmpty { request.command = try shell(of: name) }
        let plan = try entryPlan(name, request)
        guard streams.count == 3 else { throw .refused("entering \(name): three streams are expected") }
        return try attempting("running \(request.command.first ?? "") in \(name)") { () throws(SyscallError) in
            let child = try Processes.spawn(
                initProgram,
                ["bailey-init", "enter", "3"],
                [],
                descriptors: [(streams[0], 0), (streams[1], 1), (streams[2], 2), (plan.number, 3)]
            )
            let pid = child.pid
            return (pid, child.descriptor().release())
        }
    }

    /// Runs a command in a running jail, with the jail's confinement and without input or output, to its end.
    ///
    /// - Returns: Its status as a shell shows it; 124 when it was killed because time was up.
    public func runInside(
        _ name: String,
        _ request: EntryRequest,
        milliseconds: Int64
    ) throws(EngineError) -> Int32 {
        let plan = try entryPlan(name, request)
        return try attempting("running \(request.command.first ?? "") in \(name)") { () throws(SyscallError) in
            let null = try Files.open("/dev/null", O_RDWR)
            let child = try Processes.spawn(
                initProgram,
                ["bailey-init", "enter", "3"],
                [],
                descriptors: [(null.number, 0), (null.number, 1), (null.number, 2), (plan.number, 3)]
            )
            let deadline = Events.now() + milliseconds * 1_000_000
            var isOver = false
            while !isOver, Events.now() < deadline {
                let rest = Int32(clamping: (deadline - Events.now()) / 1_000_000 + 1)
                isOver = try Events.wait(for: [(child.pidfd.number, Int16(POLLIN))], milliseconds: rest)[0] != 0
            }
            if !isOver { try? Processes.signal(pidfd: child.pidfd.number, SIGKILL) }
            let status = try Processes.reap(child.pid)
            return isOver ? status.shellCode : 124
        }
    }
}
