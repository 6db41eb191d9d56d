import Cgroups
import Launch
import LinuxKernel
import Storage

/// What is written down about one jail.
public struct JailRecord: Sendable {
    /// Its name.
    public let name: String
    /// Where it is in its life.
    public let state: JailState
    /// How it was started.
    public let plan: LaunchPlan
    /// What each value comes from.
    public let explanation: Explanation
    /// Its first process, as the host sees it, while it runs.
    public let process: StartRecord.Process?
    /// How it ended.
    public let exit: RecordedExit?
    /// When it was started, in nanoseconds since 1970.
    public let started: Int64

    /// Reads the record of a jail.
    init(_ name: String, state: JailState, engine: Engine) throws(EngineError) {
        let current = engine.layout.record(name)
        let stored = engine.layout.stateDirectory(name)
        self.name = name
        self.state = state
        let (record, time) = try attempting(
            "reading the record of \(name)",
            advice: "bailey rm --force \(name) removes what is left of it"
        ) { () throws(SyscallError) in
            let path = Files.exists(current) ? current : stored + "/record"
            return (try Self.read(path), try Files.status(path).modified)
        }
        started = time
        plan = try attempting("reading the record of \(name)") { () throws(SyscallError) in
            try Self.plan(of: record, at: current)
        }
        explanation = Explanation(
            text: Self.newerExplanation(stored, than: time) ?? String(decoding: record.explanation, as: UTF8.self)
        )
        process = record.process
        exit = RecordedExit(text: (try? Files.readText(stored + "/exit")) ?? "")
    }

    /// The record in a file.
    ///
    /// - Throws: ``SyscallError``; `EPROTO` for a file that is no whole record.
    static func read(_ path: String) throws(SyscallError) -> StartRecord {
        guard let record = StartRecord(try Files.readBytes(path)) else {
            throw SyscallError(call: "read", subject: "\(path), which is no whole record", errno: 71)
        }
        return record
    }

    /// What was written down when limits were changed during this run.
    private static func newerExplanation(_ state: String, than started: Int64) -> String? {
        let path = state + "/explain"
        guard let status = try? Files.status(path), status.modified > started else { return nil }
        return try? Files.readText(path)
    }

    static func plan(in path: String) throws(SyscallError) -> LaunchPlan {
        try plan(of: read(path), at: path)
    }

    private static func plan(of record: StartRecord, at path: String) throws(SyscallError) -> LaunchPlan {
        do throws(PlanFormatError) {
            return try PlanEnvelope.decode(record.plan, as: LaunchPlan.self)
        } catch {
            throw SyscallError(call: "read", subject: "\(path) (\(error.reason))", errno: 71)
        }
    }

    /// The jail's cgroups, as far as they exist.
    public var group: ControlGroup {
        guard let first = plan.cgroups.directories.first, let hierarchy = try? CgroupHierarchy.detect() else {
            return ControlGroup(directories: [])
        }
        // A tenant may be part of another, so the path is as long as it is: it begins with Bailey's own group.
        let parts = first.path.split(separator: "/").drop { $0 != "bailey" && !$0.hasPrefix("bailey-") }
        return ControlGroup.existing(parts.joined(separator: "/"), in: hierarchy)
    }

    /// The command line as text.
    public var command: String { guestCommand.joined(separator: " ") }

    /// The template or directory that the root comes from.
    public var source: String {
        explanation.values.first { $0.keyPath == "template" || $0.keyPath == "rootfs" }?.text ?? ""
    }
}

extension StartRecord.Process {
    /// A descriptor for exactly this process; nil when it is gone.
    func open() -> OwnedDescriptor? {
        guard let descriptor = try? Processes.open(pid), (try? Processes.startTime(of: pid)) == startTime else {
            return nil
        }
        return descriptor
    }
}

/// How a jail ended.
public struct RecordedExit: Equatable, Sendable {
    /// The guest's wait status.
    public let status: WaitStatus
    /// When, in nanoseconds since 1970.
    public let time: Int64
    /// The guest's init wants to be started again: reboot(2) inside.
    public let asksForRestart: Bool

    init?(text: String) {
        let fields = text.split(separator: " ")
        guard fields.count >= 2, let status = Int32(fields[0]), let time = Int64(fields[1]) else { return nil }
        self.status = WaitStatus(rawValue: status)
        self.time = time
        asksForRestart = fields.count > 2 && fields[2] == "reboot"
    }
}
