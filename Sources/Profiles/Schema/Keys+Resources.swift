extension Schema {
    /// Processor time and processes.
    static let cpu: [Key] = [
        .value(
            "resources.cpu.guarantee",
            { $1(&$0.resources.cpu.guarantee) },
            .cpus(atLeast: 0),
            About(
                summary: "Processor time that is kept for the jail; admission never promises more than there is.",
                knob: "share of cpu.weight (v2), cpu.shares (v1)",
                part: .supervisor,
                otherNames: ["cpuReservation", "requests"]
            )
        ),
        .value(
            "resources.cpu.max",
            { $1(&$0.resources.cpu.max) },
            .limit(of: .cpus(atLeast: 10_000)),
            About(
                summary: "The most processor time: 100% is one CPU, 1.5 is one and a half.",
                knob: "cpu.max (v2), cpu.cfs_quota_us (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["cpuQuota", "nanocpus", "cpulimit", "limit", "speed"]
            )
        ),
        .value(
            "resources.cpu.weight",
            { $1(&$0.resources.cpu.weight) },
            .integer(1...10_000),
            About(
                summary: "Its part of the CPUs when they are short, in proportion to its neighbours.",
                knob: "cpu.weight (v2), cpu.shares (v1)",
                part: .launcher,
                fallback: "the kernel's 100",
                otherNames: ["shares", "cpuShares", "cpuWeight", "priority"]
            )
        ),
        .value(
            "resources.cpu.burst",
            { $1(&$0.resources.cpu.burst) },
            .time(atMost: TimeSpan.seconds(1)),
            About(
                summary: "Unused time that may be spent above max within one period of 100ms; at most max of it.",
                knob: "cpu.max.burst (v2), cpu.cfs_burst_us (v1)",
                part: .launcher,
                fallback: "0"
            )
        ),
        .value(
            "resources.cpu.bank",
            { $1(&$0.resources.cpu.bank) },
            .time(atMost: TimeSpan.seconds(86_400)),
            About(
                summary: "Unused time of max that is saved up over seconds, to be spent above it: how much at most.",
                knob: "cpu.max (v2), cpu.cfs_quota_us (v1), once a second",
                part: .supervisor,
                fallback: "none",
                otherNames: ["tokenBucket", "credits"]
            )
        ),
        .value(
            "resources.cpu.peak",
            { $1(&$0.resources.cpu.peak) },
            .cpus(atLeast: 10_000),
            About(
                summary: "The most processor time while the bank lasts.",
                knob: "cpu.max (v2), cpu.cfs_quota_us (v1), once a second",
                part: .supervisor,
                fallback: "twice max"
            )
        ),
        .value(
            "resources.cpu.cpus",
            { $1(&$0.resources.cpu.cpus) },
            .cpuList,
            About(
                summary: "The CPUs it may run on, by number.",
                knob: "cpuset.cpus",
                part: .launcher,
                fallback: "all",
                otherNames: ["cpuset", "cpusetCpus", "affinity"]
            )
        ),
        .defaulted(
            "resources.pids.max",
            { $1(&$0.resources.maxProcesses) },
            .limit(of: .count(1...4_194_304)),
            About(
                summary: "How many processes and threads there may be; stops a fork bomb.",
                knob: "pids.max",
                part: .launcher,
                fallback: "\(BuiltIn.processes)",
                otherNames: ["pidsLimit", "tasksMax", "processes", "nproc"]
            )
        ),
    ]

    /// Memory.
    static let memory: [Key] = [
        .value(
            "resources.memory.guarantee",
            { $1(&$0.resources.memory.guarantee) },
            .size,
            About(
                summary: "Memory that is never taken from the jail; admission never promises more than there is.",
                knob: "memory.min (v2 only)",
                part: .launcher,
                otherNames: ["min", "reservation", "memReservation"]
            )
        ),
        .value(
            "resources.memory.low",
            { $1(&$0.resources.memory.low) },
            .size,
            About(
                summary: "Memory that is taken from the jail only when no unprotected memory is left.",
                knob: "memory.low (v2), memory.soft_limit_in_bytes (v1)",
                part: .launcher
            )
        ),
        .value(
            "resources.memory.high",
            { $1(&$0.resources.memory.high) },
            .limit(of: .size(within: 1 << 20...1 << 60)),
            About(
                summary: "Above it the jail is slowed down and its memory reclaimed; nothing is killed.",
                knob: "memory.high (v2 only)",
                part: .launcher,
                fallback: "unlimited"
            )
        ),
        .value(
            "resources.memory.max",
            { $1(&$0.resources.memory.max) },
            .limit(of: .size(within: 1 << 20...1 << 60)),
            About(
                summary: "The most memory; above it the kernel kills a process inside the jail.",
                knob: "memory.max (v2), memory.limit_in_bytes (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["memLimit", "memoryLimit", "limit", "ram"]
            )
        ),
        .value(
            "resources.memory.swap",
            { $1(&$0.resources.memory.swap) },
            .limit(of: .size),
            About(
                summary: "Swap space beyond max; 0 allows none.",
                knob: "memory.swap.max (v2), memory.memsw.limit_in_bytes (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["memswapLimit", "memorySwap"]
            )
        ),
        .map(
            "resources.hugetlb",
            { $1(&$0.resources.hugePages) },
            type: "mapping of page size to size or unlimited",
            candidates: ["2MiB", "1GiB"],
            About(
                summary: "Huge pages, one limit for each size of page.",
                knob: "hugetlb.SIZE.max (v2), hugetlb.SIZE.limit_in_bytes (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["hugepages", "hugepageLimits"]
            ),
            item: { name, value, rules throws(ValueProblem) in
                try HugePageLimit(checking: name, value, flag: rules.flag)
            }
        ),
    ]

    /// Block devices, space, traffic.
    static let storage: [Key] = [
        .value(
            "resources.io.weight",
            { $1(&$0.resources.io.weight) },
            .integer(1...10_000),
            About(
                summary: "Its part of a busy device, in proportion to its neighbours.",
                knob: "io.weight or io.bfq.weight (v2), blkio.bfq.weight (v1)",
                part: .launcher,
                fallback: "the kernel's 100",
                otherNames: ["blkioWeight", "ioWeight"]
            )
        ),
        .value(
            "resources.io.read",
            { $1(&$0.resources.io.read) },
            .limit(of: .byteRate),
            About(
                summary: "The most bytes read from the device of its storage.",
                knob: "io.max rbps (v2), blkio.throttle.read_bps_device (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["deviceReadBps", "readBps"]
            )
        ),
        .value(
            "resources.io.write",
            { $1(&$0.resources.io.write) },
            .limit(of: .byteRate),
            About(
                summary: "The most bytes written to the device of its storage.",
                knob: "io.max wbps (v2), blkio.throttle.write_bps_device (v1: direct and synchronous writes only)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["deviceWriteBps", "writeBps"]
            )
        ),
        .value(
            "resources.io.readOps",
            { $1(&$0.resources.io.readOps) },
            .limit(of: .operationRate),
            About(
                summary: "The most read operations on the device of its storage.",
                knob: "io.max riops (v2), blkio.throttle.read_iops_device (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["deviceReadIOps", "readIops"]
            )
        ),
        .value(
            "resources.io.writeOps",
            { $1(&$0.resources.io.writeOps) },
            .limit(of: .operationRate),
            About(
                summary: "The most write operations on the device of its storage.",
                knob: "io.max wiops (v2), blkio.throttle.write_iops_device (v1)",
                part: .launcher,
                fallback: "unlimited",
                otherNames: ["deviceWriteIOps", "writeIops", "iops"]
            )
        ),
        .value(
            "resources.disk.space",
            { $1(&$0.resources.disk.space) },
            .limit(of: .size(within: 1 << 20...1 << 60)),
            About(
                summary: "The most bytes that the jail's files take.",
                knob: "project quota (ext4, XFS), qgroup (btrfs), or an image file",
                part: .storage,
                fallback: "unlimited",
                otherNames: ["size", "diskQuota", "quota"]
            )
        ),
        .value(
            "resources.disk.inodes",
            { $1(&$0.resources.disk.inodes) },
            .limit(of: .count(1_000...1 << 40)),
            About(
                summary: "The most files and directories.",
                knob: "project quota (ext4, XFS), or an image file",
                part: .storage,
                fallback: "unlimited",
                otherNames: ["files"]
            )
        ),
        .value(
            "resources.network.egress",
            { $1(&$0.resources.network.egress) },
            .limit(of: .bitRate),
            About(
                summary: "The most traffic that leaves the jail.",
                knob: "queueing discipline of its link; tc(8)",
                part: .network,
                fallback: "unlimited",
                otherNames: ["limitsEgress", "upload"]
            )
        ),
        .value(
            "resources.network.ingress",
            { $1(&$0.resources.network.ingress) },
            .limit(of: .bitRate),
            About(
                summary: "The most traffic that comes into the jail.",
                knob: "queueing discipline of its link; tc(8)",
                part: .network,
                fallback: "unlimited",
                otherNames: ["limitsIngress", "download"]
            )
        ),
        .value(
            "resources.network.transfer",
            { $1(&$0.resources.network.transfer) },
            .limit(of: .transfer),
            About(
                summary: "The most traffic, both ways together, in a period.",
                knob: "counters of nftables(8)",
                part: .network,
                fallback: "unlimited",
                otherNames: ["bandwidth", "traffic"]
            )
        ),
        .defaulted(
            "resources.network.excess",
            { $1(&$0.resources.network.excess) },
            .excess,
            About(
                summary: "What happens to traffic beyond transfer: nothing passes, or it is held to a rate.",
                knob: "a quota and a limit of nftables(8)",
                part: .network,
                fallback: "block",
                otherNames: ["overage", "throttle"]
            )
        ),
    ]
}
