import Cgroups
import Launch
import Profiles

/// Limits of a spec to cgroup writes for this host.
struct ResourcePlanner {
    let facts: HostFacts

    /// - Throws: ``PlanningFailure`` with every limit that the host cannot enforce and `bestEffort` does not excuse.
    func plan(
        _ spec: JailSpec,
        path: String,
        devices: [DeviceRule]? = DeviceRule.standard
    ) throws(PlanningFailure) -> CgroupPlan {
        let planner = CgroupPlanner(hierarchy: facts.hierarchy, probe: facts.probe)
        do throws(CgroupFindings) {
            var limits = try limits(spec)
            limits.devices = devices
            return try planner.plan(limits, path: path, bestEffort: bestEffort(spec))
        } catch {
            throw PlanningFailure(findings: error.findings.map { finding($0, spec) })
        }
    }

    func bestEffort(_ spec: JailSpec) -> Set<Knob> {
        Set(Knob.allCases.filter { spec.bestEffort(for: $0.rawValue) != nil })
    }

    func limits(_ spec: JailSpec) throws(CgroupFindings) -> ResourceLimits {
        var limits = ResourceLimits(devices: DeviceRule.standard)
        let (cpu, memory) = (spec.resources.cpu, spec.resources.memory)
        // A guarantee is held by a weight, which a supervisor sets: the group has to be there for it.
        limits.cpuWeight = cpu.weight.map { UInt64($0.value) } ?? (cpu.guarantee == nil ? nil : 100)
        limits.cpuMax = cpu.max.map { CPUBandwidth(quota: Self.quota($0.value)) }
        limits.cpuBurst = cpu.burst?.value.microseconds
        limits.cpus = cpu.cpus?.value.description
        limits.memoryMin = memory.guarantee?.value.bytes
        limits.memoryLow = memory.low?.value.bytes
        limits.memoryHigh = memory.high.map { Self.bytes($0.value) }
        limits.memoryMax = memory.max.map { Self.bytes($0.value) }
        limits.swapMax = memory.swap.map { Self.bytes($0.value) }
        limits.pidsMax = spec.resources.maxProcesses.value.amount ?? ResourceLimits.unlimited
        limits.ioWeight = spec.resources.io.weight.map { UInt64($0.value) }
        if let rate = try rate(spec.resources.io) { limits.ioRates = [rate] }
        limits.hugetlb = spec.resources.hugePages.map {
            Cgroups.HugePageLimit(
                pageSize: Self.pageSizeName($0.value.pageSize.bytes),
                bytes: Self.bytes($0.value.limit)
            )
        }
        return limits
    }

    /// CPU time in a period of 100 ms: `microsecondsPerSecond` is spread over ten of them.
    private static func quota(_ limit: Limit<CPUAmount>) -> UInt64 {
        limit.amount.map { max(1000, $0.microsecondsPerSecond / 10) } ?? ResourceLimits.unlimited
    }

    private static func bytes(_ limit: Limit<ByteCount>) -> UInt64 { limit.amount?.bytes ?? ResourceLimits.unlimited }

    private static func pageSizeName(_ bytes: UInt64) -> String {
        if bytes >= 1 << 30 { return "\(bytes >> 30)GB" }
        return bytes >= 1 << 20 ? "\(bytes >> 20)MB" : "\(bytes >> 10)KB"
    }

    private func rate(_ io: Resources.IO) throws(CgroupFindings) -> IORate? {
        let read = io.read.map { $0.value.amount?.bytesPerSecond ?? ResourceLimits.unlimited }
        let write = io.write.map { $0.value.amount?.bytesPerSecond ?? ResourceLimits.unlimited }
        let readOps = io.readOps.map { $0.value.amount?.perSecond ?? ResourceLimits.unlimited }
        let writeOps = io.writeOps.map { $0.value.amount?.perSecond ?? ResourceLimits.unlimited }
        guard read != nil || write != nil || readOps != nil || writeOps != nil else { return nil }
        guard let disk = facts.disk else {
            let finding = CgroupFinding(
                .unenforceable,
                .ioRead,
                "the disk that holds Bailey's state has no device number of its own",
                "keep BAILEY_ROOT on a file system of a block device"
            )
            throw CgroupFindings(findings: [finding])
        }
        return IORate(
            major: disk.major,
            minor: disk.minor,
            readBytes: read,
            writeBytes: write,
            readOps: readOps,
            writeOps: writeOps
        )
    }

    func finding(_ finding: CgroupFinding, _ spec: JailSpec) -> Finding {
        let keyPath = finding.knob?.rawValue ?? "resources"
        let message = "\(finding.reason): \(finding.remedy)"
        let origin = spec.rows.first { $0.keyPath == keyPath }?.origin
        guard case .file(let path, let line, let column) = origin else {
            return Finding(file: origin.map { "\($0)" } ?? "this host", keyPath: keyPath, message: message)
        }
        return Finding(file: path, line: line, column: column, keyPath: keyPath, message: message)
    }
}

extension CgroupSteps {
    /// The launcher's form of a plan for cgroups.
    init(_ plan: CgroupPlan, probe: CgroupProbe) {
        var parents: [CgroupParent] = []
        for step in plan.enable {
            let folder = String(step.file[..<(step.file.lastIndex(of: "/") ?? step.file.endIndex)])
            parents.append(
                CgroupParent(path: folder, writes: [.init(file: "cgroup.subtree_control", value: step.value)])
            )
        }
        for directory in plan.directories {
            for path in directory.parents where !parents.contains(where: { $0.path == path }) {
                parents.append(CgroupParent(path: path, writes: Self.parentWrites(directory, probe)))
            }
        }
        self.init(
            parents: parents.sorted { $0.path.utf8.count < $1.path.utf8.count },
            directories: plan.directories.map { directory in
                Launch.CgroupDirectory(path: directory.path, writes: Self.ownWrites(directory, probe))
            },
            bornInside: plan.directories.allSatisfy { $0.version == .v2 },
            deviceProgram: plan.deviceProgram ?? []
        )
    }

    private static func parentWrites(_ directory: Cgroups.CgroupDirectory, _ probe: CgroupProbe) -> [Launch.CgroupWrite]
    {
        directory.parentWrites.filter { !$0.optional }.map { .init(file: $0.file, value: $0.value) }
            + filled(directory, probe, skipping: [])
    }

    private static func ownWrites(_ directory: Cgroups.CgroupDirectory, _ probe: CgroupProbe) -> [Launch.CgroupWrite] {
        let writes = directory.writes.map {
            Launch.CgroupWrite(file: $0.file, value: $0.value, optional: $0.optional)
        }
        return writes + filled(directory, probe, skipping: writes.map(\.file))
    }

    /// A v1 cpuset takes no process while its CPUs or memory nodes are empty; what the host has is then meant.
    private static func filled(
        _ directory: Cgroups.CgroupDirectory,
        _ probe: CgroupProbe,
        skipping present: [String]
    ) -> [Launch.CgroupWrite] {
        directory.inherited.filter { !present.contains($0) }.compactMap { file in
            let value = file == "cpuset.cpus" ? probe.onlineCPUs() : probe.onlineNodes()
            return .init(file: file, value: value ?? "0")
        }
    }

    /// On v1 hosts the programs of a shared network hang in the version 2 tree beside the controllers; the jail joins that
    /// like the others.
    mutating func addProgramDirectory(_ path: String) {
        guard !path.isEmpty, !directories.contains(where: { $0.path == path }) else { return }
        let parts = path.split(separator: "/")
        for count in [2, 1] {
            let parent = "/" + parts.dropLast(count).joined(separator: "/")
            if !parents.contains(where: { $0.path == parent }) {
                parents.append(CgroupParent(path: parent, writes: []))
            }
        }
        parents.sort { $0.path.utf8.count < $1.path.utf8.count }
        directories.append(Launch.CgroupDirectory(path: path, writes: []))
    }
}
