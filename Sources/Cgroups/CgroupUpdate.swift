/// Decided steps that change the limits of a group with processes in it.
public struct CgroupUpdate: Equatable, Sendable {
    /// One write and where.
    public struct Change: Equatable, Sendable {
        /// The group's directory.
        public var path: String
        /// What is written.
        public var write: CgroupWrite

        /// One write in one directory.
        public init(path: String, write: CgroupWrite) {
            self.path = path
            self.write = write
        }
    }

    /// Hierarchies to join first, because a limit is set whose controller the group did without until now; and v2
    /// controllers to enable.
    public var joining: CgroupPlan
    /// In the order the kernel demands, given the values that stand now.
    public var changes: [Change]
    /// As ``CgroupPlan/deviceProgram``, when devices change.
    public var deviceProgram: [UInt8]? { joining.deviceProgram }
    /// As ``CgroupPlan/warnings``.
    public var warnings: [CgroupFinding] { joining.warnings }
    /// As ``CgroupPlan/notes``.
    public var notes: [CgroupFinding] { joining.notes }
}

extension CgroupPlanner {
    /// Plans a change of limits; pure but for what `current` does.
    ///
    /// - Parameters:
    ///   - limits: Fields that are set are changed, others stay; begin with ``ResourceLimits/none``.
    ///   - group: The group as it is.
    ///   - bestEffort: As in ``plan(_:path:bestEffort:)``.
    ///   - current: Reads a control file: absolute path in, text without the trailing newline out.
    /// - Returns: Steps for ``CgroupControl/apply(_:)``.
    /// - Throws: ``CgroupFindings`` with everything that is wrong.
    public func update(
        _ limits: ResourceLimits,
        of group: ControlGroup,
        bestEffort: Set<Knob> = [],
        current: @escaping (String) -> String?
    ) throws(CgroupFindings) -> CgroupUpdate {
        let standing = StandingLimits(group: group, current: current)
        guard let name = group.directories.first?.name else {
            let remedy = "start it first"
            throw CgroupFindings(findings: [CgroupFinding(.invalid, nil, "the group does not exist", remedy)])
        }
        var plan = try plan(standing.completing(limits), path: name, bestEffort: bestEffort)
        var changes: [CgroupUpdate.Change] = []
        for directory in plan.directories where group.directories.contains(where: { $0.path == directory.path }) {
            let writes = standing.ordered(
                directory.writes.filter { !standing.holds($0, in: directory.path) },
                directory
            )
            changes += writes.map { CgroupUpdate.Change(path: directory.path, write: $0) }
        }
        plan.directories.removeAll { directory in
            directory.writes.isEmpty || group.directories.contains { $0.path == directory.path }
        }
        plan.vacate = nil
        return CgroupUpdate(joining: plan, changes: changes)
    }
}

/// The values that a group's files hold now.
private struct StandingLimits {
    var group: ControlGroup
    var current: (String) -> String?

    private func value(_ controller: Controller, _ file: String) -> UInt64? {
        group.directory(for: controller).flatMap { current("\($0.path)/\(file)") }.flatMap(Self.number)
    }

    /// v1 reads "no limit" back as the largest number of whole pages.
    private static func number(_ text: String) -> UInt64? {
        if text == "max" || text == "-1" { return ResourceLimits.unlimited }
        return UInt64(text).map { $0 >= UInt64(Int64.max) - 0xFFFF ? ResourceLimits.unlimited : $0 }
    }

    /// Adds the standing values that a new one depends on: v1 limits swap with memory in one sum, and a burst is
    /// bounded by the quota.
    func completing(_ limits: ResourceLimits) -> ResourceLimits {
        var limits = limits
        if group.directory(for: .memory)?.version == .v1 { completeMemory(&limits) }
        if limits.cpuBurst != nil, limits.cpuMax == nil { limits.cpuMax = bandwidth }
        return limits
    }

    private func completeMemory(_ limits: inout ResourceLimits) {
        let memory = value(.memory, "memory.limit_in_bytes") ?? ResourceLimits.unlimited
        let sum = value(.memory, "memory.memsw.limit_in_bytes") ?? ResourceLimits.unlimited
        if limits.swapMax != nil, limits.memoryMax == nil { limits.memoryMax = memory }
        if limits.memoryMax != nil, limits.swapMax == nil, sum != ResourceLimits.unlimited, sum >= memory {
            let isLifted = limits.memoryMax == ResourceLimits.unlimited
            limits.swapMax = isLifted ? ResourceLimits.unlimited : sum - memory
        }
    }

    private var bandwidth: CPUBandwidth? {
        guard let directory = group.directory(for: .cpu) else { return nil }
        if directory.version == .v1 {
            guard let quota = value(.cpu, "cpu.cfs_quota_us"), let period = value(.cpu, "cpu.cfs_period_us") else {
                return nil
            }
            return CPUBandwidth(quota: quota, period: period)
        }
        let words = (current(directory.path + "/cpu.max") ?? "").split(separator: " ").map { Self.number(String($0)) }
        guard words.count == 2, let quota = words[0], let period = words[1] else { return nil }
        return CPUBandwidth(quota: quota, period: period)
    }

    /// Whether the write would change nothing.
    func holds(_ write: CgroupWrite, in path: String) -> Bool {
        write.knob != .devices && current("\(path)/\(write.file)") == write.value
    }

    /// At every step the kernel wants memory ≤ memory and swap, burst ≤ quota, and quota/period ≤ that of the parent.
    func ordered(_ writes: [CgroupWrite], _ directory: CgroupDirectory) -> [CgroupWrite] {
        var writes = writes
        func move(_ file: String, before other: String) {
            guard let from = writes.firstIndex(where: { $0.file == file }),
                let to = writes.firstIndex(where: { $0.file == other }), to < from
            else { return }
            writes.insert(writes.remove(at: from), at: to)
        }
        func new(_ file: String) -> UInt64? {
            writes.first { $0.file == file }.flatMap { Self.number($0.value) }
        }
        func now(_ file: String) -> UInt64? { current("\(directory.path)/\(file)").flatMap(Self.number) }
        func shrinks(_ file: String) -> Bool {
            guard let new = new(file), let now = now(file) else { return false }
            return new < now
        }
        if let memory = new("memory.limit_in_bytes"), let sum = now("memory.memsw.limit_in_bytes"), memory > sum {
            move("memory.memsw.limit_in_bytes", before: "memory.limit_in_bytes")
        }
        if shrinks("cpu.cfs_period_us"), shrinks("cpu.cfs_quota_us") {
            move("cpu.cfs_quota_us", before: "cpu.cfs_period_us")
        }
        if shrinks("cpu.cfs_burst_us") {
            move("cpu.cfs_burst_us", before: "cpu.cfs_quota_us")
            move("cpu.cfs_burst_us", before: "cpu.cfs_period_us")
        }
        if shrinks("cpu.max.burst") { move("cpu.max.burst", before: "cpu.max") }
        return writes
    }
}
