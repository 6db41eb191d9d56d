/// CPU weight, bandwidth and placement.
///
/// - SeeAlso: the kernel's Documentation/admin-guide/cgroup-v2.rst ("CPU Interface Files"),
///   Documentation/scheduler/sched-bwc.rst, cpuset(7).
extension PlanDraft {
    mutating func planCPU() {
        planWeight()
        checkBandwidth()
        planBandwidth()
        planBurst()
    }

    private mutating func planWeight() {
        guard let weight = limits.cpuWeight else { return }
        guard 1...10_000 ~= weight else {
            return reject(.cpuWeight, "\(weight) is outside 1…10000", "100 is everybody's default")
        }
        switch version(of: .cpu, for: .cpuWeight) {
        case .v2: add(.cpu, .cpuWeight, "cpu.weight", "\(weight)")
        case .v1: add(.cpu, .cpuWeight, "cpu.shares", "\(Weights.cpuShares(fromWeight: weight))")
        case nil: break
        }
    }

    private mutating func checkBandwidth() {
        guard let max = limits.cpuMax else { return }
        if !(1000...1_000_000 ~= max.period) {
            reject(.cpuMax, "the period of \(max.period) µs is outside 1000…1000000", "use the kernel's own, 100000")
        }
        if max.quota < 1000 {
            reject(.cpuMax, "the quota of \(max.quota) µs is below the kernel's least, 1000", "raise it or the period")
        }
        // The kernel keeps quotas in a 44-bit fixed point of ns (max_bw_runtime_us).
        if max.quota != ResourceLimits.unlimited, max.quota > 1 << 34 {
            reject(.cpuMax, "the quota of \(max.quota) µs is more than the kernel takes", "leave the limit out")
        }
    }

    private mutating func planBandwidth() {
        guard let max = limits.cpuMax, let version = version(of: .cpu, for: .cpuMax),
            requires(.cpuBandwidth, .cpuMax, "this kernel has no CPU quota", "use one built with CONFIG_CFS_BANDWIDTH")
        else { return }
        let isOpen = max.quota == ResourceLimits.unlimited
        switch version {
        case .v2: add(.cpu, .cpuMax, "cpu.max", "\(isOpen ? "max" : "\(max.quota)") \(max.period)")
        case .v1:
            // The period first: the quota is checked against it.
            add(.cpu, .cpuMax, "cpu.cfs_period_us", "\(max.period)")
            add(.cpu, .cpuMax, "cpu.cfs_quota_us", isOpen ? "-1" : "\(max.quota)")
        }
    }

    private mutating func planBurst() {
        guard let burst = limits.cpuBurst else { return }
        guard let max = limits.cpuMax, max.quota != ResourceLimits.unlimited else {
            return reject(.cpuBurst, "a burst needs a quota to save from", "set \(Knob.cpuMax.rawValue) too")
        }
        if burst > max.quota {
            return reject(.cpuBurst, "the burst of \(burst) µs exceeds the quota of \(max.quota) µs", "lower it")
        }
        guard let version = version(of: .cpu, for: .cpuBurst),
            requires(.cpuBurst, .cpuBurst, "this kernel has no CPU burst", "use kernel 5.14 or newer, or leave it out")
        else { return }
        // After the quota, which bounds it.
        add(.cpu, .cpuBurst, version == .v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", "\(burst)")
    }

    mutating func planCPUSet() {
        planPlaces(limits.cpus, .cpus, "cpuset.cpus", "CPU", planner.probe.onlineCPUs)
        planPlaces(limits.mems, .mems, "cpuset.mems", "memory node", planner.probe.onlineNodes)
    }

    private mutating func planPlaces(
        _ list: String?,
        _ knob: Knob,
        _ file: String,
        _ what: String,
        _ online: () -> String?
    ) {
        guard let list else { return }
        guard let wanted = IndexList(list), !wanted.isEmpty else {
            return reject(knob, "'\(list)' is not a list of \(what)s", "write it as 0-3,8")
        }
        guard version(of: .cpuset, for: knob) != nil else { return }
        if let online = online(), let present = IndexList(online), !wanted.isSubset(of: present) {
            return lack(knob, "this host has only the \(what)s \(online), not all of \(list)", "name those it has")
        }
        add(.cpuset, knob, file, list)
    }
}
