import Cgroups
import Glibc
import LinuxKernel
import Testing

@Suite(.enabled(if: CgroupBench.isUnified, CgroupBench.needUnified))
struct `Limits in a real v2 hierarchy` {
    @Test func `stand before a process is in, and read back as written`() throws {
        let bench = try CgroupBench("readback")
        var limits = ResourceLimits()
        limits.cpuWeight = 50
        limits.cpuMax = CPUBandwidth(quota: 20_000, period: 50_000)
        limits.cpuBurst = 10_000
        limits.cpus = "0"
        limits.memoryMin = 8 << 20
        limits.memoryLow = 12 << 20
        limits.memoryHigh = 48 << 20
        limits.memoryMax = 64 << 20
        limits.swapMax = 1 << 20
        limits.pidsMax = 20
        limits.ioRates = [
            IORate(major: 254, minor: 0, readBytes: 1 << 20, writeBytes: 2 << 20, readOps: 30, writeOps: 40)
        ]
        let plan = try bench.planner.plan(limits, path: "\(bench.folder)/acme/web1")
        let warnings = try CgroupCreation.create(plan)
        defer { _ = CgroupRemoval.remove([plan.group]) }
        #expect(warnings.isEmpty)
        #expect(plan.directories.count == 1)
        #expect(plan.deviceProgram != nil, "devices are closed by a program")
        let readings = CgroupReading.readings(of: plan)
        #expect(Set(readings.map(\.knob)).isSuperset(of: [.memoryHigh, .cpuMax, .cpuBurst, .cpus, .pidsMax, .ioRead]))
        for reading in readings where reading.knob != .devices { #expect(reading.holds, "\(reading)") }
        #expect(CgroupControl(plan.group).processes().isEmpty)
        #expect(CgroupRemoval.remove([plan.group]).isEmpty)
        #expect(bench.remains.isEmpty)
    }

    @Test func `the memory maximum kills inside, and the kill is counted`() throws {
        let bench = try CgroupBench("oom")
        let group = try bench.make(.with { $0.memoryMax = 16 << 20 })
        defer { _ = CgroupRemoval.remove([group]) }
        let program = try Program(in: group, script: "head -c 200M /dev/zero | tail -c 190M > /dev/null")
        #expect(program.wait() != 0)
        let memory = CgroupStatistics.read(group).memory
        #expect(try #require(memory.oomKills) >= 1)
        #expect(try #require(memory.maxEvents) >= 1)
        #expect(try #require(memory.peak) <= 16 << 20)
    }

    @Test func `the high mark slows down and is counted, and nobody is killed`() throws {
        let bench = try CgroupBench("high")
        let group = try bench.make(.with { $0.memoryHigh = 16 << 20 })
        defer { _ = CgroupRemoval.remove([group]) }
        // Page cache is what there is to take back.
        let file = "/tmp/bailey-test-\(getpid())-high"
        defer { try? Files.remove(file) }
        #expect(try Program(in: group, script: "head -c 40M /dev/zero > \(file); cat \(file) > /dev/null").wait() == 0)
        let memory = CgroupStatistics.read(group).memory
        #expect(try #require(memory.highEvents) >= 1)
        #expect(memory.oomKills == 0)
    }

    @Test func `the process maximum refuses forks, and the refusal is counted`() throws {
        let bench = try CgroupBench("pids")
        let group = try bench.make(.with { $0.pidsMax = 2 })
        defer { _ = CgroupRemoval.remove([group]) }
        let script = "sleep 5 & (sleep 5 & sleep 5) ; wait"
        #expect(try Program(in: group, script: "(\(script)) 2> /dev/null").wait() != 0)
        #expect(try #require(CgroupStatistics.read(group).pids.maxEvents) >= 1)
    }

    @Test func `CPU time is bounded and counted`() throws {
        let bench = try CgroupBench("cpu")
        let group = try bench.make(.with { $0.cpuMax = CPUBandwidth(quota: 5000, period: 50_000) })
        defer { _ = CgroupRemoval.remove([group]) }
        let program = try Program(in: group, script: "while :; do :; done")
        usleep(1_200_000)
        let cpu = CgroupStatistics.read(group).cpu
        #expect(try #require(cpu.throttledPeriods) > 2)
        // A tenth of one CPU, with room for periods under way; unbounded it would be more than a second.
        #expect(try #require(cpu.usage) < 400_000_000)
        _ = program
    }

    @Test func `a guarantee reaches the top through every parent, and goes with the group`() throws {
        let bench = try CgroupBench("guarantee")
        let one = try bench.make(.with { $0.memoryMin = 8 << 20 }, "acme/web1")
        let two = try bench.make(.with { $0.memoryMin = 4 << 20 }, "acme/web2")
        let parents = try #require(one.unified).parents
        for parent in parents { #expect(try Files.readText(parent + "/memory.min") == "\(12 << 20)") }
        #expect(CgroupRemoval.remove([two]).isEmpty)
        for parent in parents { #expect(try Files.readText(parent + "/memory.min") == "\(8 << 20)") }
        #expect(CgroupRemoval.remove([one]).isEmpty)
        #expect(bench.remains.isEmpty)
    }

    @Test func `a second group of a tenant gets the controllers that the first did not need`() throws {
        let bench = try CgroupBench("enabling")
        let plain = try bench.make(.none, "acme/web1")
        let limited = try bench.make(.with { $0.cpus = "0" }, "acme/web2")
        defer { _ = CgroupRemoval.remove([plain, limited]) }
        #expect(try Files.readText(try #require(limited.unified).path + "/cpuset.cpus") == "0")
    }

    @Test func `change while a process runs`() throws {
        let bench = try CgroupBench("update")
        let group = try bench.make(.with { $0.memoryMax = 64 << 20 })
        defer { _ = CgroupRemoval.remove([group]) }
        let program = try Program(["/bin/sleep", "60"])
        try CgroupControl(group).attach(program.pid)
        let wanted = ResourceLimits.with {
            $0.memoryMax = 128 << 20
            $0.cpuMax = CPUBandwidth(quota: 30_000)
        }
        let update = try bench.planner.update(wanted, of: group, current: CgroupControl.current)
        let (grown, warnings) = try CgroupControl(group).apply(update)
        #expect(warnings.isEmpty)
        let path = try #require(grown.unified).path
        #expect(try Files.readText(path + "/memory.max") == "\(128 << 20)")
        #expect(try Files.readText(path + "/cpu.max") == "30000 100000")
        #expect(try Files.readText(path + "/cgroup.procs") == "\(program.pid)")
    }
}
