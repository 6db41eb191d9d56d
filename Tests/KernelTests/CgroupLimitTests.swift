import Cgroups
import Glibc
import LinuxKernel
import Testing

@Suite(.enabled(if: CgroupBench.isAvailable, CgroupBench.need))
struct `Limits in a real v1 hierarchy` {
    /// A whole disk of this machine, as major and minor number.
    private static func disk() throws -> (UInt32, UInt32)? {
        for name in try Files.list("/sys/block") where try Files.readText("/sys/block/\(name)/size") != "0" {
            let numbers = try Files.readText("/sys/block/\(name)/dev").split(separator: ":").compactMap { UInt32($0) }
            if numbers.count == 2 { return (numbers[0], numbers[1]) }
        }
        return nil
    }

    @Test func `stand before a process is in, and read back as written`() throws {
        let bench = try CgroupBench("readback")
        var limits = ResourceLimits()
        limits.cpuWeight = 50
        limits.cpuMax = CPUBandwidth(quota: 20_000, period: 50_000)
        limits.cpuBurst = 10_000
        limits.cpus = "0"
        limits.memoryMax = 64 << 20
        limits.swapMax = 1 << 20
        limits.pidsMax = 20
        if bench.hierarchy.legacy[.io] != nil, let (major, minor) = try Self.disk() {
            limits.ioRates = [
                IORate(major: major, minor: minor, readBytes: 1 << 20, writeBytes: 2 << 20, readOps: 30, writeOps: 40)
            ]
        }
        let plan = try bench.planner.plan(limits, path: "\(bench.folder)/acme/web1")
        let warnings = try CgroupCreation.create(plan)
        defer { _ = CgroupRemoval.remove([plan.group]) }
        #expect(warnings.isEmpty)
        let readings = CgroupReading.readings(of: plan)
        #expect(Set(readings.map(\.knob)).count >= 8)
        for reading in readings { #expect(reading.holds, "\(reading)") }
        #expect(CgroupControl(plan.group).processes().isEmpty)
        for directory in plan.directories {
            #expect(try Files.readText(directory.path + "/notify_on_release") == "0")
        }
        #expect(CgroupRemoval.remove([plan.group]).isEmpty)
        #expect(bench.remains.isEmpty)
    }

    @Test func `the memory maximum kills inside, and the kill is counted`() throws {
        let bench = try CgroupBench("oom")
        let group = try bench.make(.with { $0.memoryMax = 16 << 20 })
        defer { _ = CgroupRemoval.remove([group]) }
        // tail keeps the one endless line in memory.
        let program = try Program(in: group, script: "head -c 200M /dev/zero | tail -c 190M > /dev/null")
        #expect(program.wait() != 0)
        let memory = CgroupStatistics.read(group).memory
        #expect(try #require(memory.oomKills) >= 1)
        #expect(try #require(memory.maxEvents) >= 1)
        #expect(try #require(memory.peak) <= 16 << 20)
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
        usleep(600_000)
        let cpu = CgroupStatistics.read(group).cpu
        #expect(try #require(cpu.throttledPeriods) > 2)
        #expect(try #require(cpu.usage) > 0)
        // A tenth of one CPU, with room for a period under way; unbounded it would be 0.6 s.
        #expect(try #require(cpu.usage) < 200_000_000)
        _ = program
    }

    @Test func `devices are closed but for the standard ones`() throws {
        let bench = try CgroupBench("devices")
        let group = try bench.make(ResourceLimits())
        defer { _ = CgroupRemoval.remove([group]) }
        #expect(try Program(in: group, script: "head -c 1 /dev/zero > /dev/null").wait() == 0)
        #expect(try Program(in: group, script: "head -c 1 < /dev/kmsg > /dev/null 2>&1").wait() != 0)
        #expect(try Program(["/bin/sh", "-c", "exec 3< /dev/kmsg"]).wait() == 0, "outside it is open")
    }

    @Test func `change while a process runs, and join what was not joined`() throws {
        let bench = try CgroupBench("update")
        let group = try bench.make(
            .with {
                $0.memoryMax = 64 << 20
                $0.swapMax = 0
            }
        )
        let program = try Program(["/bin/sleep", "60"])
        let control = CgroupControl(group)
        try control.attach(program.pid)
        let wanted = ResourceLimits.with {
            $0.memoryMax = 128 << 20
            $0.cpuMax = CPUBandwidth(quota: 30_000)
        }
        let update = try bench.planner.update(wanted, of: group, current: CgroupControl.current)
        let (grown, warnings) = try control.apply(update)
        defer { _ = CgroupRemoval.remove([grown]) }
        #expect(warnings.isEmpty)
        let memory = try #require(grown.directory(for: .memory)).path
        #expect(try Files.readText(memory + "/memory.limit_in_bytes") == "\(128 << 20)")
        #expect(try Files.readText(memory + "/memory.memsw.limit_in_bytes") == "\(128 << 20)")
        let cpu = try #require(grown.legacy.first { $0.controllers.contains(.cpu) }).path
        #expect(try Files.readText(cpu + "/cpu.cfs_quota_us") == "30000")
        #expect(try Files.readText(cpu + "/cgroup.procs") == "\(program.pid)")
        let smaller = try bench.planner.update(
            .with { $0.memoryMax = 32 << 20 },
            of: grown,
            current: CgroupControl.current
        )
        _ = try CgroupControl(grown).apply(smaller)
        #expect(try Files.readText(memory + "/memory.memsw.limit_in_bytes") == "\(32 << 20)")
        #expect(CgroupRemoval.remove([grown]).isEmpty)
        #expect(bench.remains.isEmpty)
    }

    @Test func `a change that fails half way is taken back`() throws {
        let bench = try CgroupBench("rollback")
        let group = try bench.make(.with { $0.pidsMax = 7 })
        defer { _ = CgroupRemoval.remove([group]) }
        var update = try bench.planner.update(.with { $0.pidsMax = 9 }, of: group, current: CgroupControl.current)
        let pids = try #require(group.directory(for: .pids)).path
        update.changes.append(.init(path: pids, write: CgroupWrite("pids.max", "nonsense", knob: .pidsMax)))
        #expect(throws: CgroupError.self) { try CgroupControl(group).apply(update) }
        #expect(try Files.readText(pids + "/pids.max") == "7")
    }
}

extension ResourceLimits {
    /// No limits but those set in `change`.
    static func with(_ change: (inout ResourceLimits) -> Void) -> ResourceLimits {
        var limits = ResourceLimits.none
        change(&limits)
        return limits
    }
}
