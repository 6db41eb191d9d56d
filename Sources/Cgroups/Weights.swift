/// Conversions between the weight scales of the two cgroup versions and of the BFQ scheduler.
public enum Weights {
    /// The v1 `cpu.shares` of a v2 weight: proportional, default (100) to default (1024).
    ///
    /// This is what the kernel itself does with `cpu.weight` (`sched_weight_from_cgroup` in kernel/sched/sched.h), so
    /// two groups share the CPU in the same ratio on both versions. The OCI runtimes' formula maps the ends of the two
    /// ranges onto each other instead and would turn the default 100 into 2600.
    public static func cpuShares(fromWeight weight: UInt64) -> UInt64 {
        min(max((min(weight, 10_000) * 1024 + 50) / 100, 2), 262_144)
    }

    /// The v2 weight of v1 `cpu.shares` (`sched_weight_to_cgroup`), for reading back.
    public static func cpuWeight(fromShares shares: UInt64) -> UInt64 {
        min(max((min(shares, 262_144) * 100 + 512) / 1024, 1), 10_000)
    }

    /// The BFQ weight (1…1000) of a v2 I/O weight (1…10000): the same up to the default of 100, the rest squeezed.
    ///
    /// So the default stays the default and small weights keep their ratio; systemd maps `IOWeight=` in this way.
    public static func bfqWeight(fromWeight weight: UInt64) -> UInt64 {
        weight <= 100 ? max(weight, 1) : 100 + (min(weight, 10_000) - 100) * 900 / 9900
    }
}
