import Testing

@testable import Cgroups

@Suite struct `Statistics files` {
    private func statistics(_ version: CgroupVersion, _ files: [String: String]) -> CgroupStatistics {
        let directory = CgroupDirectory(version: version, controllers: Controller.allCases, root: "", name: "g")
        return CgroupStatistics.read(ControlGroup(directories: [directory])) { files[String($0.dropFirst(3))] }
    }

    @Test func `v2 files`() {
        let read = statistics(
            .v2,
            [
                "cpu.stat":
                    "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 7\nnr_throttled 3\nthrottled_usec 5",
                "memory.current": "4096", "memory.peak": "8192", "memory.swap.current": "1",
                "memory.stat": "anon 11\nfile 12\nkernel 13\nkernel_stack 99\nanon_thp 98",
                "memory.events": "low 0\nhigh 4\nmax 5\noom 6\noom_kill 7\noom_group_kill 8",
                "pids.current": "3", "pids.peak": "4", "pids.events": "max 2",
                "io.stat":
                    "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=5 rios=1 wios=1",
            ]
        )
        #expect(
            read.cpu
                == .init(usage: 30000, user: 20000, system: 10000, periods: 7, throttledPeriods: 3, throttled: 5000)
        )
        #expect(
            read.memory
                == .init(
                    current: 4096,
                    peak: 8192,
                    anon: 11,
                    file: 12,
                    kernel: 13,
                    swap: 1,
                    oomKills: 7,
                    highEvents: 4,
                    maxEvents: 5
                )
        )
        #expect(read.pids == .init(current: 3, peak: 4, maxEvents: 2))
        #expect(read.io == .init(readBytes: 15, writeBytes: 25, readOps: 2, writeOps: 3))
    }

    @Test func `v1 files`() {
        let read = statistics(
            .v1,
            [
                "cpuacct.usage": "30", "cpuacct.usage_user": "20", "cpuacct.usage_sys": "10",
                "cpu.stat": "nr_periods 7\nnr_throttled 3\nthrottled_time 5",
                "memory.usage_in_bytes": "4096", "memory.max_usage_in_bytes": "8192",
                "memory.kmem.usage_in_bytes": "13", "memory.failcnt": "5",
                "memory.stat": "cache 1\nrss 2\ntotal_cache 12\ntotal_rss 11\ntotal_rss_huge 9\ntotal_swap 1",
                "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 7",
                "pids.current": "3", "pids.events": "max 2",
                "blkio.throttle.io_service_bytes_recursive": "8:0 Read 10\n8:0 Write 20\n8:16 Read 5\nTotal 35",
                "blkio.throttle.io_serviced_recursive": "Total 0",
            ]
        )
        #expect(read.cpu == .init(usage: 30, user: 20, system: 10, periods: 7, throttledPeriods: 3, throttled: 5))
        #expect(
            read.memory
                == .init(
                    current: 4096,
                    peak: 8192,
                    anon: 11,
                    file: 12,
                    kernel: 13,
                    swap: 1,
                    oomKills: 7,
                    highEvents: nil,
                    maxEvents: 5
                )
        )
        #expect(read.pids == .init(current: 3, peak: nil, maxEvents: 2))
        #expect(read.io == .init(readBytes: 15, writeBytes: 20, readOps: 0, writeOps: 0))
    }

    @Test(arguments: [CgroupVersion.v1, .v2])
    func `missing files leave nil, not zero`(_ version: CgroupVersion) {
        #expect(statistics(version, [:]) == CgroupStatistics())
    }

    @Test(arguments: [
        "", "\n", " ", "max", "-1", "usage_usec", "usage_usec ", "usage_usec x", "usage_usec -5", "usage_usec 1 2",
        "usage_usec 99999999999999999999999", "8:0 rbytes=x wbytes", "=", "8:0 =1", "Total", "8:0 Read -1", "8:0 Read",
        "\u{0}\u{FFFD}", String(repeating: "a ", count: 5000),
    ])
    func `garbage is read as nothing, never as a figure`(_ garbage: String) {
        let names = [
            "cpu.stat", "memory.current", "memory.stat", "memory.events", "pids.current", "pids.events",
            "cpuacct.usage", "memory.usage_in_bytes", "memory.oom_control", "blkio.throttle.io_serviced_recursive",
        ]
        let files = Dictionary(uniqueKeysWithValues: names.map { ($0, garbage) })
        #expect(statistics(.v1, files) == CgroupStatistics())
        #expect(statistics(.v2, files) == CgroupStatistics())
        #expect(NestedKeyed(garbage).sum("rbytes") == nil)
    }

    @Test func `a sum beyond 64 bits stops at the largest number`() {
        let half = UInt64.max / 2 + 1
        #expect(NestedKeyed("8:0 rbytes=\(half)\n8:1 rbytes=\(half)").sum("rbytes") == .max)
        #expect(statistics(.v2, ["cpu.stat": "usage_usec \(UInt64.max)"]).cpu.usage == .max)
    }

    @Test func `a key is matched whole`() {
        #expect(FlatKeyed("anon_thp 5\nanon 6")["anon"] == 6)
        #expect(FlatKeyed("xanon 5")["anon"] == nil)
    }
}

@Suite struct `Pressure files` {
    @Test func `both lines`() {
        let stall = PressureStall(
            """
            some avg10=12.27 avg60=3.98 avg300=1.18 total=14200557
            full avg10=0.00 avg60=0.00 avg300=0.50 total=7
            """
        )
        #expect(stall?.some == .init(last10: 12.27, last60: 3.98, last300: 1.18, total: 14_200_557))
        #expect(stall?.full?.last300 == 0.5)
    }

    @Test(arguments: [
        "", "some", "some avg10= avg60= avg300= total=", "some avg10=nan avg60=0 avg300=0 total=0",
        "some avg10=101 avg60=0 avg300=0 total=0", "some avg10=0 avg60=0 avg300=0 total=-1",
        "most avg10=0 avg60=0 avg300=0 total=0",
    ])
    func `garbage is nothing`(_ garbage: String) {
        #expect(PressureStall(garbage) == nil)
    }
}

@Suite struct `Small parsers` {
    @Test func `lists of CPUs are compared by content`() {
        #expect(IndexList("0-1,2") == IndexList("2,0,1"))
        let online = IndexList("0-7")
        #expect(online.flatMap { IndexList("0-3,5")?.isSubset(of: $0) } == true)
        #expect(online.flatMap { IndexList("7-8")?.isSubset(of: $0) } == false)
    }

    @Test func `process numbers that kill would take for groups are dropped`() {
        #expect(CgroupProcesses.parse("0\n-1\n12\nx\n99999999999\n\n7") == [12, 7])
    }

    @Test(arguments: ["a", "1-", "-1", "3-1", "1,,2", "1;2", "0x1", "99999999", "+1", " 1"])
    func `lists of another form are refused`(_ text: String) {
        #expect(IndexList(text) == nil)
    }

    @Test func `page sizes`() {
        #expect(HugePageLimit.kilobytes("2MB") == 2048)
        #expect(HugePageLimit.kilobytes("1GB") == 1 << 20)
        #expect(HugePageLimit.kilobytes("64KB") == 64)
        for bad in ["", "MB", "0MB", "02MB", "-2MB", "2mb", "2TB", "2 MB", "99999999999GB"] {
            #expect(HugePageLimit.kilobytes(bad) == nil)
        }
    }
}
