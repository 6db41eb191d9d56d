import Cgroups

/// Hosts that planning is tested against.
enum Host {
    private static let separate: [Controller] = [.cpu, .cpuacct, .cpuset, .memory, .devices, .freezer, .io, .pids]

    /// Every controller on a v1 mount of its own, beside a v2 tree that has huge pages only.
    static let hybrid = CgroupHierarchy(
        legacy: separate.reduce(into: ControllerMap()) { $0[$1] = "/sys/fs/cgroup/\($1.legacyName)" },
        unified: UnifiedTree(
            mount: "/sys/fs/cgroup/unified",
            base: "/sys/fs/cgroup/unified",
            controllers: [.hugetlb]
        )
    )

    /// As systemd mounts v1: cpu and cpuacct together.
    static let coMounted = CgroupHierarchy(
        legacy: [
            .cpu: "/sys/fs/cgroup/cpu,cpuacct", .cpuacct: "/sys/fs/cgroup/cpu,cpuacct",
            .memory: "/sys/fs/cgroup/memory", .pids: "/sys/fs/cgroup/pids", .devices: "/sys/fs/cgroup/devices",
            .freezer: "/sys/fs/cgroup/freezer", .hugetlb: "/sys/fs/cgroup/hugetlb", .io: "/sys/fs/cgroup/blkio",
        ]
    )

    /// v2 alone.
    static let unified = CgroupHierarchy(
        unified: UnifiedTree(
            mount: "/sys/fs/cgroup",
            base: "/sys/fs/cgroup",
            controllers: [.cpu, .cpuset, .io, .memory, .hugetlb, .pids]
        )
    )
}

extension CgroupPlanner {
    /// A planner whose host has every feature but those in `absent`.
    init(_ hierarchy: CgroupHierarchy, absent: Set<CgroupFeature> = [], prefersUnifiedCore: Bool = false) {
        let probe = CgroupProbe(
            feature: { absent.contains($0) ? .absent : .present },
            onlineCPUs: { "0-3" },
            onlineNodes: { "0" }
        )
        self.init(hierarchy: hierarchy, probe: probe, prefersUnifiedCore: prefersUnifiedCore)
    }

    /// The findings for a set of limits, as text; empty when the plan stands.
    func findings(_ limits: ResourceLimits, bestEffort: Set<Knob> = []) -> [String] {
        do {
            _ = try plan(limits, path: "bailey/acme/web1", bestEffort: bestEffort)
            return []
        } catch {
            return error.findings.map(\.description)
        }
    }
}

extension ResourceLimits {
    /// No limits but those set in `change`.
    static func with(_ change: (inout ResourceLimits) -> Void) -> ResourceLimits {
        var limits = ResourceLimits.none
        change(&limits)
        return limits
    }
}
