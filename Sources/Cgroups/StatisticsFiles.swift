// Which file of which version holds which figure.
// SeeAlso: the kernel's cgroup-v2.rst; cgroup-v1/cpuacct.rst, memory.rst, pids.rst, blkio-controller.rst.

extension CgroupStatistics.CPU {
    mutating func readUsage(_ source: StatisticsSource) {
        if source.version == .v2 {
            let table = source.table("cpu.stat")
            usage = table?["usage_usec"]?.multipliedClamped(by: 1000)
            user = table?["user_usec"]?.multipliedClamped(by: 1000)
            system = table?["system_usec"]?.multipliedClamped(by: 1000)
        } else {
            usage = source.number("cpuacct.usage")
            user = source.number("cpuacct.usage_user")
            system = source.number("cpuacct.usage_sys")
        }
    }

    mutating func readThrottling(_ source: StatisticsSource) {
        let table = source.table("cpu.stat")
        periods = table?["nr_periods"]
        throttledPeriods = table?["nr_throttled"]
        throttled = table?["throttled_time"] ?? table?["throttled_usec"]?.multipliedClamped(by: 1000)
    }
}

extension CgroupStatistics.Memory {
    mutating func read(_ source: StatisticsSource) {
        if source.version == .v2 { readUnified(source) } else { readLegacy(source) }
    }

    private mutating func readUnified(_ source: StatisticsSource) {
        current = source.number("memory.current")
        peak = source.number("memory.peak")
        swap = source.number("memory.swap.current")
        let table = source.table("memory.stat")
        anon = table?["anon"]
        file = table?["file"]
        kernel = table?["kernel"]
        let events = source.table("memory.events")
        oomKills = events?["oom_kill"]
        highEvents = events?["high"]
        maxEvents = events?["max"]
    }

    private mutating func readLegacy(_ source: StatisticsSource) {
        current = source.number("memory.usage_in_bytes")
        peak = source.number("memory.max_usage_in_bytes")
        kernel = source.number("memory.kmem.usage_in_bytes")
        maxEvents = source.number("memory.failcnt")
        // The figures of the group with its children; those without `total_` leave children out.
        let table = source.table("memory.stat")
        anon = table?["total_rss"]
        file = table?["total_cache"]
        swap = table?["total_swap"]
        oomKills = source.table("memory.oom_control")?["oom_kill"]
    }
}

extension CgroupStatistics.Pids {
    mutating func read(_ source: StatisticsSource) {
        current = source.number("pids.current")
        peak = source.number("pids.peak")
        maxEvents = source.table("pids.events")?["max"]
    }
}

extension CgroupStatistics.IO {
    mutating func read(_ source: StatisticsSource) {
        if source.version == .v2 { readUnified(source) } else { readLegacy(source) }
    }

    private mutating func readUnified(_ source: StatisticsSource) {
        guard let text = source.text("io.stat") else { return }
        let table = NestedKeyed(text)
        // The file is there but empty until the first I/O.
        let nothing: UInt64? = table.lines.isEmpty ? 0 : nil
        readBytes = table.sum("rbytes") ?? nothing
        writeBytes = table.sum("wbytes") ?? nothing
        readOps = table.sum("rios") ?? nothing
        writeOps = table.sum("wios") ?? nothing
    }

    private mutating func readLegacy(_ source: StatisticsSource) {
        if let bytes = source.text("blkio.throttle.io_service_bytes_recursive").map({ BlockOperations($0) }) {
            readBytes = bytes.sum("Read")
            writeBytes = bytes.sum("Write")
        }
        if let operations = source.text("blkio.throttle.io_serviced_recursive").map({ BlockOperations($0) }) {
            readOps = operations.sum("Read")
            writeOps = operations.sum("Write")
        }
    }
}
