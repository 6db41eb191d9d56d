/// What is written down about a start, in one file: the plan, what explains it, and the jail's first process.
///
/// One file because each costs a start as much as a mount does. It is written whole, before anything that the plan lists
/// is made, so that a start which is killed can be undone from it; only the process is noted later, in its place.
///
///     offset  size  what
///          0     8  BAILEYRC
///          8     8  bytes of the plan
///         16     8  bytes of the explanation
///         24     8  pid of the jail's first process on the host; 0 before there is one
///         32     8  its start time in clock ticks since boot, field 22 of proc_pid_stat(5)
///         40        the plan in its envelope, then the explanation as text
///
/// Numbers are little-endian.
public struct StartRecord: Equatable, Sendable {
    /// The plan in its envelope; see ``PlanEnvelope``.
    public var plan: [UInt8]
    /// Lines that say where each value comes from.
    public var explanation: [UInt8]
    /// The jail's first process, once there is one.
    public var process: Process?

    /// A process that cannot be mistaken for another with the same number.
    public struct Process: Equatable, Sendable {
        /// Its number on the host.
        public let pid: Int32
        /// When it started, in clock ticks since boot.
        public let startTime: UInt64

        /// Takes a number and a time.
        public init(pid: Int32, startTime: UInt64) {
            self.pid = pid
            self.startTime = startTime
        }
    }

    /// Where ``processBytes(_:)`` belong in the file.
    public static let processOffset: Int64 = 24

    private static let mark: [UInt8] = Array("BAILEYRC".utf8)
    private static let headLength = 40

    /// A record of a start that has no process yet.
    public init(plan: [UInt8], explanation: [UInt8]) {
        self.plan = plan
        self.explanation = explanation
    }

    /// The bytes of the file.
    public var bytes: [UInt8] {
        var writer = PlanWriter()
        writer.append(raw: Self.mark)
        writer.append(UInt64(plan.count))
        writer.append(UInt64(explanation.count))
        writer.append(raw: process.map(Self.processBytes) ?? [UInt8](repeating: 0, count: 16))
        writer.append(raw: plan)
        writer.append(raw: explanation)
        return writer.bytes
    }

    /// The sixteen bytes that note a process.
    public static func processBytes(_ process: Process) -> [UInt8] {
        var writer = PlanWriter()
        writer.append(UInt64(UInt32(bitPattern: process.pid)))
        writer.append(process.startTime)
        return writer.bytes
    }

    /// Reads a file's bytes; nil for one that was not written to its end, which nothing was made from.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count >= Self.headLength, bytes.starts(with: Self.mark) else { return nil }
        func number(_ offset: Int) -> UInt64 {
            bytes[offset..<(offset + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let room = UInt64(bytes.count - Self.headLength)
        let (planLength, explanationLength) = (number(8), number(16))
        guard planLength > 0, planLength <= room, explanationLength == room - planLength else { return nil }
        let planEnd = Self.headLength + Int(planLength)
        plan = Array(bytes[Self.headLength..<planEnd])
        explanation = Array(bytes[planEnd...])
        if let pid = Int32(exactly: number(24)), pid > 0 { process = Process(pid: pid, startTime: number(32)) }
    }
}
