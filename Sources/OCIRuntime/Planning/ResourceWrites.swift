import Cgroups
import JSONText
import Launch

/// Resources as writes to control files: what the specification's fields become on each cgroup version.
struct ResourceWrites {
    /// One write and the field that asked for it.
    struct Write: Equatable {
        var controller: String
        var file: String
        var value: String
        var field: String
        /// Kernels that have dropped the file enforce nothing and promise nothing.
        var optional = false
    }

    var writes: [Write] = []
    /// Device access by eBPF, v2.
    var deviceProgram: [UInt8] = []

    /// The default list of engines: every node may be made, and what every program expects may be used.
    static let defaultDevices: [DeviceRule] =
        [DeviceRule(.char, access: .make), DeviceRule(.block, access: .make)] + DeviceRule.standard

    mutating func add(_ controller: String, _ file: String, _ value: some CustomStringConvertible, _ field: String) {
        writes.append(Write(controller: controller, file: file, value: "\(value)", field: "linux.resources." + field))
    }
}

extension ResourceWrites {
    /// v1.
    init(legacy resources: ResourcesSection, has: (String, String) -> Bool) throws(JSONError) {
        try planLegacyMemory(resources.memory)
        planLegacyCPU(resources.cpu)
        planLegacyBlockIO(resources.blockIO, has)
        if let limit = resources.pids { add("pids", "pids.max", limit < 0 ? "max" : "\(max(limit, 1))", "pids.limit") }
        for page in resources.hugePages {
            add("hugetlb", "hugetlb.\(page.pageSize).limit_in_bytes", page.limit, "hugepageLimits")
            if has("hugetlb", "hugetlb.\(page.pageSize).rsvd.limit_in_bytes") {
                add("hugetlb", "hugetlb.\(page.pageSize).rsvd.limit_in_bytes", page.limit, "hugepageLimits")
            }
        }
        if let id = resources.classID { add("net_cls", "net_cls.classid", id, "network.classID") }
        for row in resources.priorities {
            add("net_prio", "net_prio.ifpriomap", "\(row.name) \(row.priority)", "network.priorities")
        }
        planRDMA(resources)
        if let first = resources.unified.first {
            throw JSONError("linux.resources.unified.\(first.file)", "this host has cgroup v1: invalid configuration")
        }
        guard resources.hasDevices, !resources.devices.isEmpty else { return }
        let (lines, gap) = LegacyDeviceLines.lines(resources.devices + Self.defaultDevices)
        if let gap {
            throw JSONError(
                "linux.resources.devices",
                "cgroup v1 cannot take '\(gap.rule)' out of '\(gap.within)': list what remains one by one"
            )
        }
        for line in lines { add("devices", line.file, line.value, "devices") }
    }

    private mutating func planLegacyMemory(_ memory: ResourcesSection.Memory) throws(JSONError) {
        // Memory may not be above memory and swap at any moment: with both the order depends on which one grows, and a new
        // group has none yet.
        if let limit = memory.limit { add("memory", "memory.limit_in_bytes", limit, "memory.limit") }
        if let swap = memory.swap, swap != 0 { add("memory", "memory.memsw.limit_in_bytes", swap, "memory.swap") }
        if let low = memory.reservation { add("memory", "memory.soft_limit_in_bytes", low, "memory.reservation") }
        if let kernel = memory.kernel {
            // Deprecated by the specification, and gone from kernels since 5.16.
            writes.append(
                Write(
                    controller: "memory",
                    file: "memory.kmem.limit_in_bytes",
                    value: "\(kernel)",
                    field: "linux.resources.memory.kernel",
                    optional: true
                )
            )
        }
        if let tcp = memory.kernelTCP { add("memory", "memory.kmem.tcp.limit_in_bytes", tcp, "memory.kernelTCP") }
        if let swappiness = memory.swappiness, swappiness != .max {
            guard swappiness <= 100 else {
                throw JSONError("linux.resources.memory.swappiness", "\(swappiness) is outside 0…100")
            }
            add("memory", "memory.swappiness", swappiness, "memory.swappiness")
        }
        if memory.disableOOMKiller == true { add("memory", "memory.oom_control", 1, "memory.disableOOMKiller") }
        if memory.useHierarchy == true {
            writes.append(
                Write(
                    controller: "memory",
                    file: "memory.use_hierarchy",
                    value: "1",
                    field: "linux.resources.memory.useHierarchy",
                    optional: true
                )
            )
        }
    }

    private mutating func planLegacyCPU(_ cpu: ResourcesSection.CPU) {
        if let shares = cpu.shares, shares != 0 { add("cpu", "cpu.shares", shares, "cpu.shares") }
        if let period = cpu.period, period != 0 { add("cpu", "cpu.cfs_period_us", period, "cpu.period") }
        if let quota = cpu.quota, quota != 0 { add("cpu", "cpu.cfs_quota_us", max(quota, -1), "cpu.quota") }
        if let burst = cpu.burst { add("cpu", "cpu.cfs_burst_us", burst, "cpu.burst") }
        if let period = cpu.realtimePeriod, period != 0 { add("cpu", "cpu.rt_period_us", period, "cpu.realtimePeriod") }
        if let time = cpu.realtimeRuntime, time != 0 { add("cpu", "cpu.rt_runtime_us", time, "cpu.realtimeRuntime") }
        if let idle = cpu.idle { add("cpu", "cpu.idle", idle, "cpu.idle") }
        if let cpus = cpu.cpus, !cpus.isEmpty { add("cpuset", "cpuset.cpus", cpus, "cpu.cpus") }
        if let mems = cpu.mems, !mems.isEmpty { add("cpuset", "cpuset.mems", mems, "cpu.mems") }
    }

    private mutating func planLegacyBlockIO(_ block: ResourcesSection.BlockIO, _ has: (String, String) -> Bool) {
        // The root of the hierarchy has BFQ's statistics, but not its weight. A weight limits nobody: where no scheduler
        // obeys one, the kernel has no file for it, and the container goes without.
        let bfq = has("blkio", "blkio.bfq.io_service_bytes")
        if let weight = block.weight { addWeight(bfq ? "bfq.weight" : "weight", "\(weight)", weight, "weight") }
        if let weight = block.leafWeight { addWeight("leaf_weight", "\(weight)", weight, "leafWeight") }
        for row in block.weightDevices {
            if let weight = row.weight {
                let file = bfq ? "bfq.weight_device" : "weight_device"
                addWeight(file, "\(row.device) \(weight)", weight, "weightDevice")
            }
            if let weight = row.leafWeight {
                addWeight("leaf_weight_device", "\(row.device) \(weight)", weight, "weightDevice")
            }
        }
        let throttles: [(rows: [(device: String, rate: UInt64)], file: String, field: String)] = [
            (block.readBytes, "read_bps_device", "throttleReadBpsDevice"),
            (block.writeBytes, "write_bps_device", "throttleWriteBpsDevice"),
            (block.readOperations, "read_iops_device", "throttleReadIOPSDevice"),
            (block.writeOperations, "write_iops_device", "throttleWriteIOPSDevice"),
        ]
        for throttle in throttles {
            for row in throttle.rows {
                add(
                    "blkio",
                    "blkio.throttle.\(throttle.file)",
                    "\(row.device) \(row.rate)",
                    "blockIO.\(throttle.field)"
                )
            }
        }
    }

    private mutating func addWeight(_ file: String, _ value: String, _ weight: UInt16, _ field: String) {
        if weight == 0 { return }
        add("blkio", "blkio." + file, value, "blockIO." + field)
        writes[writes.count - 1].optional = true
    }

    private mutating func planRDMA(_ resources: ResourcesSection) {
        for row in resources.rdma {
            let parts = [row.handles.map { "hca_handle=\($0)" }, row.objects.map { "hca_object=\($0)" }]
            let value = ([row.device] + parts.compactMap { $0 }).joined(separator: " ")
            add("rdma", "rdma.max", value, "rdma.\(row.device)")
        }
    }
}

extension ResourceWrites {
    /// v2.
    init(unified resources: ResourcesSection, has: (String, String) -> Bool) throws(JSONError) {
        try planMemory(resources.memory)
        try planCPU(resources.cpu)
        planIO(resources.blockIO)
        if let limit = resources.pids { add("pids", "pids.max", limit < 0 ? "max" : "\(max(limit, 1))", "pids.limit") }
        for page in resources.hugePages {
            add("hugetlb", "hugetlb.\(page.pageSize).max", page.limit, "hugepageLimits")
            if has("hugetlb", "hugetlb.\(page.pageSize).rsvd.max") {
                add("hugetlb", "hugetlb.\(page.pageSize).rsvd.max", page.limit, "hugepageLimits")
            }
        }
        if let id = resources.classID, id != 0 {
            throw JSONError("linux.resources.network.classID", "cgroup v2 has no net_cls")
        }
        planRDMA(resources)
        for row in resources.unified {
            let controller = String(row.file.prefix { $0 != "." })
            for line in row.value.split(separator: "\n") {
                add(controller == "cgroup" ? "" : controller, row.file, line, "unified.\(row.file)")
            }
        }
        if resources.hasDevices, !resources.devices.isEmpty {
            deviceProgram = DeviceProgram.compile(resources.devices + Self.defaultDevices)
        }
    }

    private mutating func addWeight(_ file: String, _ value: String, _ field: String) {
        add("io", file, value, "blockIO." + field)
        writes[writes.count - 1].optional = true
    }

    static func amount(_ bytes: Int64) -> String { bytes < 0 ? "max" : "\(bytes)" }

    private mutating func planMemory(_ memory: ResourcesSection.Memory) throws(JSONError) {
        if let limit = memory.limit, limit != 0 { add("memory", "memory.max", Self.amount(limit), "memory.limit") }
        if let swap = memory.swap, swap != 0 {
            // v2 limits swap by itself, where the field means memory and swap together.
            var own = Self.amount(swap)
            if swap > 0 {
                guard let limit = memory.limit, limit > 0 else {
                    throw JSONError("linux.resources.memory.swap", "memory.limit must be set too")
                }
                guard swap >= limit else {
                    throw JSONError("linux.resources.memory.swap", "\(swap) is below memory.limit, \(limit)")
                }
                own = "\(swap - limit)"
            }
            add("memory", "memory.swap.max", own, "memory.swap")
        }
        if let low = memory.reservation, low != 0 {
            add("memory", "memory.low", Self.amount(low), "memory.reservation")
        }
    }

    private mutating func planCPU(_ cpu: ResourcesSection.CPU) throws(JSONError) {
        if cpu.realtimePeriod ?? 0 != 0 || cpu.realtimeRuntime ?? 0 != 0 {
            throw JSONError("linux.resources.cpu.realtimeRuntime", "cgroup v2 has no limits on realtime processes")
        }
        if let shares = cpu.shares, shares != 0 {
            add("cpu", "cpu.weight", Self.weight(fromShares: shares), "cpu.shares")
        }
        if let idle = cpu.idle { add("cpu", "cpu.idle", idle, "cpu.idle") }
        let quota = cpu.quota ?? 0
        let period = cpu.period ?? 0
        if let burst = cpu.burst, quota == 0 { add("cpu", "cpu.max.burst", burst, "cpu.burst") }
        if quota != 0 || period != 0 {
            let time = quota > 0 ? "\(quota)" : "max"
            add("cpu", "cpu.max", "\(time) \(period == 0 ? 100_000 : period)", "cpu.quota")
            if let burst = cpu.burst, quota != 0 { add("cpu", "cpu.max.burst", burst, "cpu.burst") }
        }
        if let cpus = cpu.cpus, !cpus.isEmpty { add("cpuset", "cpuset.cpus", cpus, "cpu.cpus") }
        if let mems = cpu.mems, !mems.isEmpty { add("cpuset", "cpuset.mems", mems, "cpu.mems") }
    }

    /// Default to default and ends to ends, as OCI runtimes agree on: a quadratic in the logarithm.
    static func weight(fromShares shares: UInt64) -> UInt64 {
        if shares <= 2 { return 1 }
        if shares >= 262_144 { return 10_000 }
        let bits = Logarithm.base2(Double(shares))
        let exponent = (bits * bits + 125 * bits) / 612 - 7.0 / 34
        return UInt64(Logarithm.power10(exponent).rounded(.up))
    }

    private mutating func planIO(_ block: ResourcesSection.BlockIO) {
        // Which of the two schedulers obeys weights shows only in the group itself. A weight limits nobody: the file that
        // is not there is passed over.
        if let weight = block.weight, weight != 0 {
            addWeight("io.bfq.weight", "\(weight)", "weight")
            // 10…1000 onto 1…10000
            addWeight("io.weight", "\(1 + (UInt64(max(weight, 10)) - 10) * 9999 / 990)", "weight")
        }
        for row in block.weightDevices {
            if let weight = row.weight, weight != 0 {
                addWeight("io.bfq.weight", "\(row.device) \(weight)", "weightDevice")
            }
        }
        let throttles: [(rows: [(device: String, rate: UInt64)], key: String, field: String)] = [
            (block.readBytes, "rbps", "throttleReadBpsDevice"), (block.writeBytes, "wbps", "throttleWriteBpsDevice"),
            (block.readOperations, "riops", "throttleReadIOPSDevice"),
            (block.writeOperations, "wiops", "throttleWriteIOPSDevice"),
        ]
        for throttle in throttles {
            for row in throttle.rows {
                let rate = row.rate == 0 ? "max" : "\(row.rate)"
                add("io", "io.max", "\(row.device) \(throttle.key)=\(rate)", "blockIO.\(throttle.field)")
            }
        }
    }
}
