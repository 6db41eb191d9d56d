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
    public let process: RecordedProcess?
    /// How it ended.
    public let exit: RecordedExit?
    /// When it was started, in nanoseconds since 1970.
    public let started: Int64

    /// Reads the record of a jail.
    init(_ name: String, state: JailState, engine: Engine) throws(EngineError) {
        let runtime = engine.layout.runtimeDirectory(name)
        let stored = engine.layout.stateDirectory(name)
        let place = Files.exists(runtime + "/plan") ? runtime : stored
        self.name = name
        self.state = state
        (plan, started) = try attempting(
            "reading the record of \(name)",
            advice: "bailey rm --force \(name) removes what is left of it"
        ) { () throws(SyscallError) in (try Self.plan(in: place), try Files.status(place + "/plan").modified) }
        explanation = Explanation(text: (try? Files.readText(place + "/explain")) ?? "")
        process = RecordedProcess(text: (try? Files.readText(runtime + "/pid")) ?? "")
        exit = RecordedExit(text: (try? Files.readText(stored + "/exit")) ?? "")
    }

    static func plan(in directory: String) throws(SyscallError) -> LaunchPlan {
        let bytes = try Files.readBytes(directory + "/plan")
        do throws(PlanFormatError) {
            return try PlanEnvelope.decode(bytes, as: LaunchPlan.self)
        } catch {
            throw SyscallError(call: "read", subject: "\(directory)/plan (\(error.reason))", errno: 71)
        }
    }

    /// The jail's cgroups, as far as they exist.
    public var group: ControlGroup {
        guard let first = plan.cgroups.directories.first, let hierarchy = try? CgroupHierarchy.detect() else {
            return ControlGroup(directories: [])
        }
        let parts = first.path.split(separator: "/").suffix(3)
        return ControlGroup.existing(parts.joined(separator: "/"), in: hierarchy)
    }

    /// The command line as text.
    public var command: String { plan.process.arguments.joined(separator: " ") }

    /// The template or directory that the root comes from.
    public var source: String {
        explanation.values.first { $0.keyPath == "template" || $0.keyPath == "rootfs" }?.text ?? ""
    }
}

/// A process that cannot be mistaken for another with the same number.
public struct RecordedProcess: Equatable, Sendable {
    /// Its number on the host.
    public let pid: ProcessID
    /// When it started, in clock ticks since boot.
    public let startTime: UInt64

    init?(text: String) {
        let fields = text.split(separator: " ")
        guard fields.count == 2, let pid = ProcessID(fields[0]), let time = UInt64(fields[1]) else { return nil }
        self.pid = pid
        startTime = time
    }

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

    init?(text: String) {
        let fields = text.split(separator: " ")
        guard fields.count == 2, let status = Int32(fields[0]), let time = Int64(fields[1]) else { return nil }
        self.status = WaitStatus(rawValue: status)
        self.time = time
    }
}
