import LinuxKernel

/// An optional ability of a kernel or host that only some limits need.
public enum CgroupFeature: Hashable, Sendable {
    /// CPU quota (`CONFIG_CFS_BANDWIDTH`).
    case cpuBandwidth
    /// Saved-up quota (kernel 5.14).
    case cpuBurst
    /// Swap accounting.
    case swapLimit
    /// Rates per disk (`CONFIG_BLK_DEV_THROTTLING`).
    case ioThrottle
    /// Some disk is scheduled by BFQ, which is the one scheduler that obeys weights on both versions.
    case bfqWeight
    /// io.cost is switched on for some disk (v2 only).
    case ioCostWeight
    /// Huge pages of this size, such as `2MB`.
    case hugePages(String)
}

/// Whether a host has a feature.
public enum Availability: Sendable {
    /// It has.
    case present
    /// It has not.
    case absent
    /// It can be told only by trying: the control files exist in child groups only, and there is none yet.
    case unknown
}

/// Questions about the host that planning asks only when a limit needs the answer; values in, values out for tests.
public struct CgroupProbe: Sendable {
    /// Whether the host has a feature.
    public var feature: @Sendable (CgroupFeature) -> Availability
    /// The CPUs that are on line, as a list; nil when unknown.
    public var onlineCPUs: @Sendable () -> String?
    /// The memory nodes with memory, as a list; nil when unknown.
    public var onlineNodes: @Sendable () -> String?

    /// A probe from answers.
    public init(
        feature: @escaping @Sendable (CgroupFeature) -> Availability,
        onlineCPUs: @escaping @Sendable () -> String? = { nil },
        onlineNodes: @escaping @Sendable () -> String? = { nil }
    ) {
        self.feature = feature
        self.onlineCPUs = onlineCPUs
        self.onlineNodes = onlineNodes
    }

    /// Asks this host.
    public static func live(_ hierarchy: CgroupHierarchy) -> CgroupProbe {
        CgroupProbe(
            feature: { LiveProbe(hierarchy: hierarchy).availability(of: $0) },
            onlineCPUs: { try? Files.readText("/sys/devices/system/cpu/online") },
            onlineNodes: { try? Files.readText("/sys/devices/system/node/has_memory") }
        )
    }
}

/// Looks for control files where the kernel shows them, without making a cgroup for it.
struct LiveProbe {
    var hierarchy: CgroupHierarchy

    func availability(of feature: CgroupFeature) -> Availability {
        switch feature {
        case .cpuBandwidth: file(of: .cpu, legacy: "cpu.cfs_quota_us", unified: "cpu.max")
        case .cpuBurst: file(of: .cpu, legacy: "cpu.cfs_burst_us", unified: "cpu.max.burst")
        case .swapLimit: file(of: .memory, legacy: "memory.memsw.limit_in_bytes", unified: "memory.swap.max")
        case .ioThrottle: file(of: .io, legacy: "blkio.throttle.read_bps_device", unified: "io.max")
        case .bfqWeight: bfq
        case .ioCostWeight: ioCost
        case .hugePages(let size): hugePages(size)
        }
    }

    /// v1 shows nearly all files in the root; v2 shows most in child groups only, and only if the controller is on there.
    private func file(of controller: Controller, legacy: String, unified: String) -> Availability {
        switch hierarchy.placement(of: controller) {
        case .legacy(let mount): Files.exists("\(mount)/\(legacy)") ? .present : .absent
        case .unified(let tree): example(of: controller, in: tree) { Files.exists("\($0)/\(unified)") }
        case nil: .absent
        }
    }

    private func example(of controller: Controller, in tree: UnifiedTree, has: (String) -> Bool) -> Availability {
        guard let base = tree.base else { return .unknown }
        if !tree.isRoot { return has(base) ? .present : .absent }
        guard let enabled = try? Files.readText("\(base)/cgroup.subtree_control"),
            enabled.split(separator: " ").contains(Substring(controller.rawValue)),
            let folder = try? Files.open(base, 0o200000),
            let entries = try? DirectoryEntries.read(folder.number, named: base),
            let child = entries.first(where: { $0.type == 4 })
        else { return .unknown }
        return has("\(base)/\(child.name)") ? .present : .absent
    }

    private var bfq: Availability {
        guard let disks = try? Files.list("/sys/block") else { return .unknown }
        let used = disks.contains { disk in
            (try? Files.readText("/sys/block/\(disk)/queue/scheduler"))?.contains("[bfq]") ?? false
        }
        guard used else { return .absent }
        // The v1 root has BFQ's statistics but not its weight.
        return file(of: .io, legacy: "blkio.bfq.io_service_bytes", unified: "io.bfq.weight")
    }

    private var ioCost: Availability {
        guard case .unified(let tree)? = hierarchy.placement(of: .io) else { return .absent }
        guard let settings = try? Files.readText("\(tree.mount)/io.cost.qos") else {
            return tree.isRoot ? .absent : .unknown
        }
        return settings.contains("enable=1") ? .present : .absent
    }

    private func hugePages(_ size: String) -> Availability {
        guard let kilobytes = HugePageLimit.kilobytes(size) else { return .absent }
        return Files.exists("/sys/kernel/mm/hugepages/hugepages-\(kilobytes)kB") ? .present : .absent
    }
}

extension HugePageLimit {
    /// `2MB` → 2048; nil when the text is not a size as the kernel's file names spell it.
    static func kilobytes(_ size: String) -> UInt64? {
        let units: [String: UInt64] = ["KB": 1, "MB": 1 << 10, "GB": 1 << 20]
        guard let unit = units[String(size.suffix(2))], let count = UInt32(size.dropLast(2)), count > 0,
            size == "\(count)\(size.suffix(2))"
        else { return nil }
        return UInt64(count) * unit
    }
}
