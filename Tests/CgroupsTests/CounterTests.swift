import Testing

@testable import Cgroups

@Suite("counters that are kept of a run") struct CounterTests {
    private static func directory(
        _ version: CgroupVersion,
        _ controllers: [Controller],
        _ root: String
    ) -> CgroupDirectory {
        CgroupDirectory(version: version, controllers: controllers, root: root, name: "bailey/acme/web")
    }

    @Test func `Both versions give the same figures back as while the group was there`() {
        let legacy = CgroupPlan(
            enable: [],
            directories: [
                Self.directory(.v1, [.cpu, .cpuacct], "/c/cpu"), Self.directory(.v1, [.memory], "/c/memory"),
                Self.directory(.v1, [.pids], "/c/pids"), Self.directory(.v1, [.io], "/c/blkio"),
            ],
            warnings: [],
            notes: []
        )
        let paths = CgroupCounters.paths(of: legacy)
        #expect(paths.contains("/c/cpu/bailey/acme/web/cpuacct.usage") && paths.count == 6)
        var texts: [String: String] = [
            "/c/cpu/bailey/acme/web/cpuacct.usage": "7000",
            "/c/cpu/bailey/acme/web/cpu.stat": "nr_periods 3\nnr_throttled 2\nthrottled_time 9000",
            "/c/memory/bailey/acme/web/memory.failcnt": "4",
            "/c/memory/bailey/acme/web/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1",
            "/c/pids/bailey/acme/web/pids.events": "max 5",
        ]
        var figures = CgroupCounters.statistics(texts)
        #expect(figures.cpu.usage == 7000 && figures.cpu.throttled == 9000)
        #expect(figures.memory.maxEvents == 4 && figures.memory.oomKills == 1 && figures.pids.maxEvents == 5)
        #expect(figures.io.readBytes == nil)

        let unified = CgroupPlan(
            enable: [],
            directories: [Self.directory(.v2, [.cpu, .memory, .pids, .io], "/c")],
            warnings: [],
            notes: []
        )
        #expect(CgroupCounters.paths(of: unified).count == 4)
        texts = [
            "/c/bailey/acme/web/cpu.stat": "usage_usec 7\nuser_usec 4\nsystem_usec 3\nthrottled_usec 9",
            "/c/bailey/acme/web/memory.events": "low 0\nhigh 2\nmax 4\noom 1\noom_kill 1",
            "/c/bailey/acme/web/io.stat": "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0",
        ]
        figures = CgroupCounters.statistics(texts)
        #expect(figures.cpu.usage == 7000 && figures.memory.highEvents == 2 && figures.memory.oomKills == 1)
        #expect(figures.io.readBytes == 10 && figures.io.writeBytes == 20)
    }
}
