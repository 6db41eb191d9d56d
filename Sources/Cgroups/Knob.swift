/// A limit as the user names it: the raw value is its key path in a profile.
public enum Knob: String, CaseIterable, Sendable {
    /// Share of the CPU under contention.
    case cpuWeight = "resources.cpu.weight"
    /// CPU bandwidth.
    case cpuMax = "resources.cpu.max"
    /// CPU time that may be saved up while idle.
    case cpuBurst = "resources.cpu.burst"
    /// Usable CPUs.
    case cpus = "resources.cpu.cpus"
    /// Usable memory nodes.
    case mems = "resources.cpu.mems"
    /// Memory that is never reclaimed for others.
    case memoryGuarantee = "resources.memory.guarantee"
    /// Memory that is reclaimed last.
    case memoryLow = "resources.memory.low"
    /// Memory above which allocation is slowed down.
    case memoryHigh = "resources.memory.high"
    /// Memory above which the OOM killer acts inside.
    case memoryMax = "resources.memory.max"
    /// Swap space.
    case memorySwap = "resources.memory.swap"
    /// The OOM killer takes all processes or none.
    case memoryOOMGroup = "resources.memory.oomGroup"
    /// Processes and threads.
    case pidsMax = "resources.pids.max"
    /// Share of a disk under contention.
    case ioWeight = "resources.io.weight"
    /// Bytes read a second.
    case ioRead = "resources.io.read"
    /// Bytes written a second.
    case ioWrite = "resources.io.write"
    /// Reads a second.
    case ioReadOps = "resources.io.readOps"
    /// Writes a second.
    case ioWriteOps = "resources.io.writeOps"
    /// Huge pages.
    case hugetlb = "resources.hugetlb"
    /// Usable device nodes.
    case devices = "resources.devices"
}
