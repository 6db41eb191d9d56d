/// What a jail is promised and may use; nil means nobody set a limit.
public struct Resources: Sendable {
    /// Processor time.
    public var cpu = CPU()
    /// Memory.
    public var memory = Memory()
    /// How many processes and threads, all users together.
    public var maxProcesses = Setting(Limit<UInt64>.at(BuiltIn.processes))
    /// Block devices.
    public var io = IO()
    /// Space on the file system.
    public var disk = Disk()
    /// Traffic.
    public var network = Traffic()
    /// Huge pages, one limit for each size of page.
    public var hugePages: [Setting<HugePageLimit>] = []

    /// Processor time.
    public struct CPU: Sendable {
        /// What is always there for the jail; weighed at admission.
        public var guarantee: Setting<CPUAmount>?
        /// The most it gets.
        public var max: Setting<Limit<CPUAmount>>?
        /// Its part when CPUs are short, from 1 to 10000.
        public var weight: Setting<Int>?
        /// Unused time that may be spent above `max`, accumulated within one period.
        public var burst: Setting<TimeSpan>?
        /// Unused time that may be spent above `max`, accumulated over seconds.
        public var bank: Setting<TimeSpan>?
        /// The most it gets while the bank lasts.
        public var peak: Setting<CPUAmount>?
        /// The processors it may run on.
        public var cpus: Setting<CPUList>?
    }

    /// Memory.
    public struct Memory: Sendable {
        /// Never reclaimed, whatever the pressure.
        public var guarantee: Setting<ByteCount>?
        /// Reclaimed only when nothing else is left.
        public var low: Setting<ByteCount>?
        /// Above it the jail is slowed down and its memory reclaimed.
        public var high: Setting<Limit<ByteCount>>?
        /// Above it the kernel kills inside the jail.
        public var max: Setting<Limit<ByteCount>>?
        /// Swap beyond `max`.
        public var swap: Setting<Limit<ByteCount>>?
    }

    /// Block devices.
    public struct IO: Sendable {
        /// Its part when the device is busy, from 1 to 10000.
        public var weight: Setting<Int>?
        /// Bytes read.
        public var read: Setting<Limit<ByteRate>>?
        /// Bytes written.
        public var write: Setting<Limit<ByteRate>>?
        /// Read operations.
        public var readOps: Setting<Limit<OperationRate>>?
        /// Write operations.
        public var writeOps: Setting<Limit<OperationRate>>?
    }

    /// Space on the file system.
    public struct Disk: Sendable {
        /// Bytes.
        public var space: Setting<Limit<ByteCount>>?
        /// Files and directories.
        public var inodes: Setting<Limit<UInt64>>?
    }

    /// Traffic.
    public struct Traffic: Sendable {
        /// Leaving the jail.
        public var egress: Setting<Limit<BitRate>>?
        /// Coming into the jail.
        public var ingress: Setting<Limit<BitRate>>?
        /// Both together in a period.
        public var transfer: Setting<Limit<TransferAllowance>>?
        /// What happens beyond `transfer`.
        public var excess = Setting(TransferExcess.block)
    }
}
