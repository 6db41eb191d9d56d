import Glibc
import Launcher
import LinuxKernel

extension Engine {
    /// Becomes the launcher of a prepared start, in the foreground: the jail's end is this process' end.
    ///
    /// No other program is executed: the plan is carried out by the same code that `bailey-init` is made of. What this
    /// process has of the caller's (descriptors, its command line and environment as the guest's PID 1 would show
    /// them) is given up first.
    ///
    /// - Throws: ``EngineError``; returns never otherwise.
    /// - Precondition: Single-threaded.
    public func becomeLauncher(_ start: consuming PreparedStart) throws(EngineError) -> Never {
        let record = start.record.number
        try attempting("closing inherited descriptors") { () throws(SyscallError) in
            try ProcessAttributes.closeDescriptors(from: 3, except: [record])
        }
        Processes.exit(runLauncher(start.launch, record: record, report: Report(descriptor: -1)))
    }

    /// Starts a launcher of its own for a detached jail, and waits until the jail runs.
    ///
    /// - Throws: ``EngineError`` with the launcher's own words; everything is undone then.
    public func startDetached(_ start: consuming PreparedStart) throws(EngineError) {
        _ = try startWatched(start)
    }

    /// As ``startDetached(_:)``, for a caller that watches the launcher, and reaps it.
    public func startWatched(_ start: consuming PreparedStart) throws(EngineError) -> RunningLauncher {
        let name = start.name
        var said: [UInt8] = []
        let launcher = try attempting("starting the launcher of \(name)") {
            () throws(SyscallError) -> RunningLauncher in
            let null = try Files.open("/dev/null", O_RDWR)
            let report = try Events.pipe()
            let plan = try SealedMemory.make("bailey-plan", start.bytes)
            let child = try Processes.spawn(
                initProgram,
                ["bailey-init", "launch", "3", "4", "5"],
                [],
                descriptors: [
                    (null.number, 0), (null.number, 1), (null.number, 2), (plan.number, 3),
                    (start.record.number, 4), (report.writing.number, 5),
                ]
            )
            let reading = report.release()
            _ = OwnedDescriptor(owning: reading.writing)
            let words = OwnedDescriptor(owning: reading.reading)
            said = try Files.read(words.number, named: "report", limit: 1 << 16)
            let pid = child.pid
            return RunningLauncher(pid: pid, pidfd: child.descriptor())
        }
        guard said.isEmpty else {
            _ = try? Processes.reap(launcher.pid)
            let text = String(decoding: said, as: UTF8.self).split(separator: "\n").joined(separator: "\n")
            throw .refused(text.hasPrefix("bailey: ") ? String(text.dropFirst(8)) : text)
        }
        return launcher
    }

    /// Runs a prepared start to its end as a child, with its output going to `output` line by line.
    ///
    /// - Returns: The exit status that `bailey run` would have.
    func runToEnd(_ start: consuming PreparedStart, output: (String) -> Void) throws(EngineError) -> Int32 {
        let name = start.name
        do throws(SyscallError) {
            let null = try Files.open("/dev/null", O_RDWR)
            let plan = try SealedMemory.make("bailey-plan", start.bytes)
            let pipe = try Events.pipe().release()
            let reading = OwnedDescriptor(owning: pipe.reading)
            let writing = OwnedDescriptor(owning: pipe.writing)
            let child = try Processes.spawn(
                initProgram,
                ["bailey-init", "launch", "3", "4", "-1"],
                [],
                descriptors: [
                    (null.number, 0), (writing.number, 1), (writing.number, 2), (plan.number, 3),
                    (start.record.number, 4),
                ]
            )
            try writing.close()
            try Self.lines(of: reading.number, output)
            return try Processes.reap(child.pid).shellCode
        } catch {
            throw .failed(attempt: "running \(name)", error, advice: nil)
        }
    }

    private static func lines(of fd: Int32, _ output: (String) -> Void) throws(SyscallError) {
        var pending: [UInt8] = []
        while true {
            let bytes = try Files.readSome(fd, named: "output", upTo: 65536)
            pending += bytes
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                output(String(decoding: pending[..<end], as: UTF8.self))
                pending.removeSubrange(...end)
            }
            // A line without an end must not grow without bound.
            if bytes.isEmpty || pending.count > 1 << 16 {
                if !pending.isEmpty { output(String(decoding: pending, as: UTF8.self)) }
                pending = []
            }
            if bytes.isEmpty { return }
        }
    }
}
