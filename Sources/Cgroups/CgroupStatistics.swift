import LinuxKernel

/// What a group has used, and which limits it has hit.
///
/// nil means that this host does not tell; zero means zero.
public struct CgroupStatistics: Equatable, Sendable {
    /// CPU time, ns.
    public struct CPU: Equatable, Sendable {
        /// All of it.
        public var usage: UInt64?
        /// In user mode.
        public var user: UInt64?
        /// In the kernel.
        public var system: UInt64?
        /// Bandwidth periods that passed while the group wanted to run.
        public var periods: UInt64?
        /// Those in which it was stopped by its quota.
        public var throttledPeriods: UInt64?
        /// How long it was stopped, ns, summed over CPUs.
        public var throttled: UInt64?
    }

    /// Memory, bytes and events.
    public struct Memory: Equatable, Sendable {
        /// In use, page cache included.
        public var current: UInt64?
        /// The most that was in use.
        public var peak: UInt64?
        /// Of that: not backed by files.
        public var anon: UInt64?
        /// Of that: page cache.
        public var file: UInt64?
        /// Of that: the kernel's own, on behalf of the group.
        public var kernel: UInt64?
        /// Swap in use.
        public var swap: UInt64?
        /// Processes ended by the OOM killer.
        public var oomKills: UInt64?
        /// Times that usage went over memory.high.
        public var highEvents: UInt64?
        /// Times that usage ran into the maximum.
        public var maxEvents: UInt64?
    }

    /// Processes and threads.
    public struct Pids: Equatable, Sendable {
        /// There now.
        public var current: UInt64?
        /// The most that were there.
        public var peak: UInt64?
        /// Forks refused.
        public var maxEvents: UInt64?
    }

    /// Block I/O over all disks.
    public struct IO: Equatable, Sendable {
        /// Bytes read.
        public var readBytes: UInt64?
        /// Bytes written.
        public var writeBytes: UInt64?
        /// Reads.
        public var readOps: UInt64?
        /// Writes.
        public var writeOps: UInt64?
    }

    /// CPU time.
    public var cpu = CPU()
    /// Memory.
    public var memory = Memory()
    /// Processes.
    public var pids = Pids()
    /// Disks.
    public var io = IO()

    /// Reads what there is; files that are missing or unreadable leave nil behind.
    public static func read(_ group: ControlGroup) -> CgroupStatistics {
        read(group) { try? Files.readText($0) }
    }

    /// As ``read(_:)``, with the reader of files given: absolute path in, text or nil out.
    static func read(_ group: ControlGroup, file: @escaping (String) -> String?) -> CgroupStatistics {
        var statistics = CgroupStatistics()
        if let cpu = group.directory(for: .cpuacct) { statistics.cpu.readUsage(StatisticsSource(cpu, file)) }
        if let cpu = group.directory(for: .cpu) { statistics.cpu.readThrottling(StatisticsSource(cpu, file)) }
        if let memory = group.directory(for: .memory) { statistics.memory.read(StatisticsSource(memory, file)) }
        if let pids = group.directory(for: .pids) { statistics.pids.read(StatisticsSource(pids, file)) }
        if let io = group.directory(for: .io) { statistics.io.read(StatisticsSource(io, file)) }
        return statistics
    }
}

/// The files of one directory.
struct StatisticsSource {
    let version: CgroupVersion
    private let path: String
    private let file: (String) -> String?

    init(_ directory: CgroupDirectory, _ file: @escaping (String) -> String?) {
        version = directory.version
        path = directory.path
        self.file = file
    }

    func text(_ name: String) -> String? { file("\(path)/\(name)") }
    func number(_ name: String) -> UInt64? { text(name).flatMap { UInt64($0) } }
    func table(_ name: String) -> FlatKeyed? { text(name).map { FlatKeyed($0) } }
}
