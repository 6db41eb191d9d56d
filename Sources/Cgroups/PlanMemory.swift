/// Memory, swap, processes and huge pages.
///
/// - SeeAlso: the kernel's Documentation/admin-guide/cgroup-v2.rst ("Memory Interface Files"),
///   Documentation/admin-guide/cgroup-v1/memory.rst and hugetlb.rst.
extension PlanDraft {
    mutating func planMemory() {
        checkOrder()
        planProtection(limits.memoryMin, .memoryGuarantee, "memory.min")
        planProtection(limits.memoryLow, .memoryLow, "memory.low")
        planProtection(limits.memoryHigh, .memoryHigh, "memory.high")
        planMax()
        planSwap()
        planOOMGroup()
    }

    private mutating func checkOrder() {
        guard let max = limits.memoryMax else { return }
        if max == 0 { reject(.memoryMax, "with 0 bytes no process can start", "give it some MiB") }
        let below = [(limits.memoryMin, Knob.memoryGuarantee), (limits.memoryLow, .memoryLow)]
        for case (let value?, let knob) in below where value > max {
            reject(knob, "\(value) bytes are more than \(Knob.memoryMax.rawValue), \(max)", "lower it")
        }
    }

    private mutating func planProtection(_ bytes: UInt64?, _ knob: Knob, _ file: String) {
        guard let bytes, let version = version(of: .memory, for: knob) else { return }
        switch version {
        case .v2: add(.memory, knob, file, Self.unifiedAmount(bytes))
        case .v1:
            lack(
                knob,
                "cgroup v1 has no \(file)",
                "boot with systemd.unified_cgroup_hierarchy=1 (cgroup v2), mark it bestEffort, or leave it out"
            )
        }
    }

    private mutating func planMax() {
        guard let bytes = limits.memoryMax, let version = version(of: .memory, for: .memoryMax) else { return }
        switch version {
        case .v2: add(.memory, .memoryMax, "memory.max", Self.unifiedAmount(bytes))
        case .v1: add(.memory, .memoryMax, "memory.limit_in_bytes", Self.legacyAmount(bytes))
        }
    }

    /// v1 limits memory and swap together, so the sum is written, after the memory limit that it may not be below.
    private mutating func planSwap() {
        guard let swap = limits.swapMax, let version = version(of: .memory, for: .memorySwap) else { return }
        let remedy = "boot without swapaccount=0, with a kernel that has CONFIG_SWAP"
        guard requires(.swapLimit, .memorySwap, "this kernel does not account swap", remedy) else { return }
        if version == .v2 { return add(.memory, .memorySwap, "memory.swap.max", Self.unifiedAmount(swap)) }
        if swap == ResourceLimits.unlimited {
            return add(.memory, .memorySwap, "memory.memsw.limit_in_bytes", "-1")
        }
        guard let memory = limits.memoryMax, memory != ResourceLimits.unlimited else {
            return lack(
                .memorySwap,
                "cgroup v1 limits swap only together with memory",
                "set \(Knob.memoryMax.rawValue) too"
            )
        }
        let (sum, overflow) = memory.addingReportingOverflow(swap)
        if overflow { return reject(.memorySwap, "memory and swap together exceed 64 bits", "lower one of them") }
        add(.memory, .memorySwap, "memory.memsw.limit_in_bytes", Self.legacyAmount(sum))
    }

    private mutating func planOOMGroup() {
        guard let group = limits.oomGroup, let version = version(of: .memory, for: .memoryOOMGroup) else { return }
        if version == .v2 { return add(.memory, .memoryOOMGroup, "memory.oom.group", group ? "1" : "0") }
        if group {
            let remedy = "boot with systemd.unified_cgroup_hierarchy=1 (cgroup v2), or mark it bestEffort"
            lack(.memoryOOMGroup, "cgroup v1 kills one process at a time", remedy)
        }
    }

    mutating func planPids() {
        guard let count = limits.pidsMax else { return }
        if count == 0 { return reject(.pidsMax, "with 0 no process can start", "allow at least 1") }
        guard version(of: .pids, for: .pidsMax) != nil else { return }
        add(.pids, .pidsMax, "pids.max", Self.unifiedAmount(count))
    }

    mutating func planHugePages() {
        for limit in limits.hugetlb {
            guard HugePageLimit.kilobytes(limit.pageSize) != nil else {
                reject(.hugetlb, "'\(limit.pageSize)' is not a page size", "write it as 2MB or 1GB")
                continue
            }
            guard let version = version(of: .hugetlb, for: .hugetlb),
                requires(
                    .hugePages(limit.pageSize),
                    .hugetlb,
                    "this host has no huge pages of \(limit.pageSize)",
                    "name a size of /sys/kernel/mm/hugepages"
                )
            else { continue }
            let amount = version == .v2 ? Self.unifiedAmount(limit.bytes) : Self.legacyAmount(limit.bytes)
            let file = version == .v2 ? "max" : "limit_in_bytes"
            // Reservations too: a mapping reserves pages of the whole host before it touches one.
            add(.hugetlb, .hugetlb, "hugetlb.\(limit.pageSize).\(file)", amount)
            add(.hugetlb, .hugetlb, "hugetlb.\(limit.pageSize).rsvd.\(file)", amount)
        }
    }

    static func unifiedAmount(_ amount: UInt64) -> String {
        amount == ResourceLimits.unlimited ? "max" : "\(amount)"
    }

    static func legacyAmount(_ amount: UInt64) -> String {
        amount == ResourceLimits.unlimited ? "-1" : "\(amount)"
    }
}
