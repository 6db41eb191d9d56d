/// What one cgroup may use, in the kernel's units.
///
/// A field that is nil sets no limit (on update: changes nothing). ``unlimited`` lifts a limit that was set before.
public struct ResourceLimits: Equatable, Sendable {
    /// Lifts the limit on memory, swap, processes, a rate or the CPU quota.
    public static let unlimited = UInt64.max

    /// No limit at all, and devices as the parent has them: the start for an update or a group of groups.
    public static let none = ResourceLimits(devices: nil)

    /// Share of the CPU under contention, 1…10000 on the v2 scale, where 100 is everybody's default.
    public var cpuWeight: UInt64?
    /// CPU bandwidth.
    public var cpuMax: CPUBandwidth?
    /// Unused quota that may be saved up, µs; at most the quota.
    public var cpuBurst: UInt64?
    /// Usable CPUs as a list such as `0-3,8`.
    public var cpus: String?
    /// Usable memory nodes as a list.
    public var mems: String?
    /// Bytes that are never reclaimed for others.
    public var memoryMin: UInt64?
    /// Bytes that are reclaimed only when nothing unprotected is left.
    public var memoryLow: UInt64?
    /// Bytes above which allocation is slowed down and reclaimed.
    public var memoryHigh: UInt64?
    /// Bytes above which the OOM killer acts inside the group.
    public var memoryMax: UInt64?
    /// Bytes of swap, beside memory, not with it.
    public var swapMax: UInt64?
    /// The OOM killer takes all processes of the group or none.
    public var oomGroup: Bool?
    /// Processes and threads.
    public var pidsMax: UInt64?
    /// Share of a disk under contention, 1…10000, where 100 is everybody's default.
    public var ioWeight: UInt64?
    /// Rates per block device.
    public var ioRates: [IORate]
    /// Huge pages per page size.
    public var hugetlb: [HugePageLimit]
    /// Usable devices, on top of none at all, where later rules win; nil leaves devices as the parent has them.
    public var devices: [DeviceRule]?

    /// Sets nothing but the devices: those every program expects, and no others.
    public init(devices: [DeviceRule]? = DeviceRule.standard) {
        ioRates = []
        hugetlb = []
        self.devices = devices
    }
}

/// CPU time per period.
public struct CPUBandwidth: Equatable, Sendable {
    /// CPU time in a period, µs, over all CPUs; at least 1000, or ``ResourceLimits/unlimited``.
    public var quota: UInt64
    /// The period, µs, 1000…1000000.
    public var period: UInt64

    /// The kernel's own period is 100 ms.
    public init(quota: UInt64, period: UInt64 = 100_000) {
        self.quota = quota
        self.period = period
    }
}

/// Rates of one whole block device; a field that is nil sets no limit.
public struct IORate: Equatable, Sendable {
    /// Major number of the disk.
    public var major: UInt32
    /// Minor number of the disk; the kernel refuses partitions.
    public var minor: UInt32
    /// Bytes read a second.
    public var readBytes: UInt64?
    /// Bytes written a second.
    public var writeBytes: UInt64?
    /// Reads a second.
    public var readOps: UInt64?
    /// Writes a second.
    public var writeOps: UInt64?

    /// Rates for the disk `major:minor`.
    public init(
        major: UInt32,
        minor: UInt32,
        readBytes: UInt64? = nil,
        writeBytes: UInt64? = nil,
        readOps: UInt64? = nil,
        writeOps: UInt64? = nil
    ) {
        self.major = major
        self.minor = minor
        self.readBytes = readBytes
        self.writeBytes = writeBytes
        self.readOps = readOps
        self.writeOps = writeOps
    }
}

/// Huge pages of one size.
public struct HugePageLimit: Equatable, Sendable {
    /// The size as the kernel's file names spell it: `2MB`, `1GB`, `64KB`.
    public var pageSize: String
    /// Bytes.
    public var bytes: UInt64

    /// Limits pages of `pageSize` to `bytes`.
    public init(pageSize: String, bytes: UInt64) {
        self.pageSize = pageSize
        self.bytes = bytes
    }
}
