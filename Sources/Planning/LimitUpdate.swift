import Cgroups
import Profiles

extension JailPlanner {
    /// What changes in a running jail's groups when its spec becomes another.
    ///
    /// `group` are the jail's or tenant's groups as they are; `current` reads a control file.
    ///
    /// - Returns: The writes, in the order that the kernel takes.
    /// - Throws: ``PlanningFailure`` with every limit that cannot be enforced; nothing was touched.
    public func update(
        _ spec: JailSpec,
        of group: ControlGroup,
        current: @escaping (String) -> String?
    ) throws(PlanningFailure) -> CgroupUpdate {
        let planner = ResourcePlanner(facts: facts)
        do throws(CgroupFindings) {
            var limits = try planner.limits(spec)
            limits.devices = nil
            lift(&limits, group)
            return try CgroupPlanner(hierarchy: facts.hierarchy, probe: facts.probe).update(
                limits,
                of: group,
                bestEffort: planner.bestEffort(spec),
                current: current
            )
        } catch {
            throw PlanningFailure(findings: error.findings.map { planner.finding($0, spec) })
        }
    }

    /// A limit that is named no more is lifted: an update without it would leave the old one standing.
    private func lift(_ limits: inout ResourceLimits, _ group: ControlGroup) {
        func has(_ controller: Controller, _ file: String) -> Bool {
            group.directory(for: controller).map { CgroupControl.current("\($0.path)/\(file)") != nil } ?? false
        }
        if limits.cpuMax == nil, has(.cpu, "cpu.max") || has(.cpu, "cpu.cfs_quota_us") {
            limits.cpuMax = CPUBandwidth(quota: ResourceLimits.unlimited)
        }
        if limits.cpuWeight == nil, has(.cpu, "cpu.weight") || has(.cpu, "cpu.shares") { limits.cpuWeight = 100 }
        if limits.memoryMax == nil { limits.memoryMax = ResourceLimits.unlimited }
        if limits.memoryHigh == nil, has(.memory, "memory.high") { limits.memoryHigh = ResourceLimits.unlimited }
        if limits.memoryLow == nil, has(.memory, "memory.low") { limits.memoryLow = 0 }
        if limits.memoryMin == nil, has(.memory, "memory.min") { limits.memoryMin = 0 }
    }
}
