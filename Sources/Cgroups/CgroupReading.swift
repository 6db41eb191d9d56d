import LinuxKernel

/// What became of one limit: the file it was written to, and what the kernel reads back now.
public struct CgroupReading: Equatable, Sendable {
    /// The limit.
    public var knob: Knob
    /// The file that is read back, absolute.
    public var file: String
    /// What was written, several lines for a list; `allow LINE` or `deny LINE` for devices.
    public var planned: String
    /// What the file says now; nil when it cannot be read.
    public var now: String?
    /// Whether that is what was written, apart from the kernel's rounding and spelling.
    public var holds: Bool { now.map { Self.agrees(knob, planned: planned, now: $0) } ?? false }

    /// The readings of everything that a plan writes.
    ///
    /// - Parameters:
    ///   - plan: The plan that made the group.
    ///   - current: Reads a control file: absolute path in, text without the trailing newline out.
    /// - Returns: One reading per file and limit.
    public static func readings(
        of plan: CgroupPlan,
        current: (String) -> String? = CgroupControl.current
    ) -> [CgroupReading] {
        var readings: [CgroupReading] = []
        for directory in plan.directories {
            for write in directory.writes {
                guard let knob = write.knob else { continue }
                let file = directory.path + "/" + (knob == .devices ? "devices.list" : write.file)
                let planned = knob == .devices ? "\(write.file.dropFirst(8)) \(write.value)" : write.value
                if let index = readings.firstIndex(where: { $0.file == file && $0.knob == knob }) {
                    readings[index].planned += "\n" + planned
                } else {
                    readings.append(CgroupReading(knob: knob, file: file, planned: planned, now: current(file)))
                }
            }
        }
        return readings
    }

    static func agrees(_ knob: Knob, planned: String, now: String) -> Bool {
        switch knob {
        case .memoryMax, .memorySwap, .memoryHigh, .memoryLow, .memoryGuarantee, .hugetlb:
            agreesAmount(planned, now, rounding: knob == .hugetlb ? 1 << 30 : 1 << 16)
        case .cpus, .mems:
            IndexList(planned).map { $0 == IndexList(now) } ?? false
        case .devices:
            agreesDevices(planned, now)
        case .ioRead, .ioWrite, .ioReadOps, .ioWriteOps:
            planned.split(separator: "\n").allSatisfy { agreesRate($0, now) }
        case .ioWeight:
            now.split(separator: "\n").first?.split(separator: " ").last == planned.split(separator: " ").last
        case .cpuWeight, .cpuMax, .cpuBurst, .memoryOOMGroup, .pidsMax:
            planned == now
        }
    }

    /// The kernel rounds amounts down to whole pages, and v1 shows "no limit" as the largest number of pages.
    private static func agreesAmount(_ planned: String, _ now: String, rounding: UInt64) -> Bool {
        if planned == now { return true }
        guard let shown = UInt64(now) else { return false }
        guard let wanted = UInt64(planned) else { return shown >= UInt64(Int64.max) - rounding }
        return shown <= wanted && wanted - shown < rounding
    }

    /// The first planned line is the base; the kernel lists exceptions to "deny" in an order of its own, and nothing
    /// but the base where it is "allow".
    private static func agreesDevices(_ planned: String, _ now: String) -> Bool {
        let lines = planned.split(separator: "\n")
        if lines.first == "allow a" { return now == "a *:* rwm" }
        let exceptions = lines.dropFirst().map { $0.drop { $0 != " " }.dropFirst() }
        return Set(exceptions) == Set(now.split(separator: "\n"))
    }

    private static func agreesRate(_ planned: Substring, _ now: String) -> Bool {
        let wanted = planned.split(separator: " ")
        let line = now.split(separator: "\n").map { $0.split(separator: " ") }.first { $0.first == wanted.first }
        let isLifted = wanted.last == "0" || wanted.last?.hasSuffix("=max") == true
        guard let line else { return isLifted }
        return wanted.dropFirst().allSatisfy { line.contains($0) }
    }
}
