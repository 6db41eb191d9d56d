import Cgroups
import Testing

@Suite struct `Changing limits of a running group` {
    private let planner = CgroupPlanner(Host.hybrid)
    private let memory = "/sys/fs/cgroup/memory/bailey/x/"
    private let cpu = "/sys/fs/cgroup/cpu/bailey/x/"

    private func changes(_ files: [String: String], _ limits: ResourceLimits) throws -> [String] {
        let group = try planner.plan(.with { $0.cpuWeight = 100 }, path: "bailey/x").group
        let update = try planner.update(limits, of: group) { files[$0] }
        return update.changes.map { "\($0.write.file)=\($0.write.value)" }
    }

    @Test func `memory shrinks before the sum with swap, and grows after it`() throws {
        let standing = [memory + "memory.limit_in_bytes": "1000", memory + "memory.memsw.limit_in_bytes": "1500"]
        let smaller = ResourceLimits.with { $0.memoryMax = 800 }
        #expect(
            try changes(standing, smaller) == ["memory.limit_in_bytes=800", "memory.memsw.limit_in_bytes=1300"]
        )
        let larger = ResourceLimits.with { $0.memoryMax = 2000 }
        #expect(
            try changes(standing, larger) == ["memory.memsw.limit_in_bytes=2500", "memory.limit_in_bytes=2000"]
        )
        let lifted = ResourceLimits.with { $0.memoryMax = ResourceLimits.unlimited }
        #expect(try changes(standing, lifted) == ["memory.memsw.limit_in_bytes=-1", "memory.limit_in_bytes=-1"])
    }

    @Test func `swap alone is added to the memory that stands`() throws {
        let none = "9223372036854771712"
        let standing = [memory + "memory.limit_in_bytes": "1000", memory + "memory.memsw.limit_in_bytes": none]
        #expect(try changes(standing, .with { $0.swapMax = 24 }) == ["memory.memsw.limit_in_bytes=1024"])
        let open = [memory + "memory.limit_in_bytes": none, memory + "memory.memsw.limit_in_bytes": none]
        #expect(throws: CgroupFindings.self) { try changes(open, .with { $0.swapMax = 24 }) }
    }

    @Test func `no step exceeds the share of CPU of both ends`() throws {
        let standing = [
            cpu + "cpu.cfs_period_us": "100000", cpu + "cpu.cfs_quota_us": "50000", cpu + "cpu.cfs_burst_us": "0",
        ]
        let smaller = ResourceLimits.with { $0.cpuMax = CPUBandwidth(quota: 10_000, period: 50_000) }
        #expect(try changes(standing, smaller) == ["cpu.cfs_quota_us=10000", "cpu.cfs_period_us=50000"])
        let larger = ResourceLimits.with { $0.cpuMax = CPUBandwidth(quota: 60_000, period: 200_000) }
        #expect(try changes(standing, larger) == ["cpu.cfs_period_us=200000", "cpu.cfs_quota_us=60000"])
    }

    @Test func `a burst shrinks before its quota and grows after it`() throws {
        let standing = [
            cpu + "cpu.cfs_period_us": "100000", cpu + "cpu.cfs_quota_us": "50000", cpu + "cpu.cfs_burst_us": "40000",
        ]
        let smaller = ResourceLimits.with {
            $0.cpuMax = CPUBandwidth(quota: 10_000)
            $0.cpuBurst = 10_000
        }
        #expect(try changes(standing, smaller) == ["cpu.cfs_burst_us=10000", "cpu.cfs_quota_us=10000"])
        #expect(try changes(standing, .with { $0.cpuBurst = 45_000 }) == ["cpu.cfs_burst_us=45000"])
    }

    @Test func `values that stand already are not written`() throws {
        let standing = [cpu + "cpu.shares": "1024"]
        #expect(try changes(standing, .with { $0.cpuWeight = 100 }) == [])
    }

    @Test func `a limit of a controller that was not joined joins it`() throws {
        let group = try planner.plan(.none, path: "bailey/x").group
        let update = try planner.update(.with { $0.cpuWeight = 50 }, of: group) { _ in nil }
        #expect(update.changes.isEmpty)
        #expect(update.joining.directories.map(\.path) == ["/sys/fs/cgroup/cpu/bailey/x"])
        #expect(update.joining.directories.first?.writes.map(\.value) == ["512"])
    }

    @Test func `on v2 a new controller is enabled and the one directory written`() throws {
        let planner = CgroupPlanner(Host.unified)
        let group = try planner.plan(.none, path: "bailey/x").group
        let update = try planner.update(.with { $0.cpuWeight = 50 }, of: group) { _ in nil }
        #expect(update.joining.directories.isEmpty)
        #expect(update.joining.enable.first?.value == "+pids +memory +cpu")
        #expect(update.changes.map(\.write.file) == ["cpu.weight"])
    }
}

@Suite struct `Reading limits back` {
    private func holds(_ limits: ResourceLimits, _ host: CgroupHierarchy, _ files: [String: String]) throws -> [Bool] {
        let plan = try CgroupPlanner(host).plan(limits, path: "bailey/x")
        return CgroupReading.readings(of: plan) { path in path.split(separator: "/").last.flatMap { files[String($0)] }
        }
        .map(\.holds)
    }

    @Test func `the kernel's rounding and spelling are no difference`() throws {
        let limits = ResourceLimits.with {
            $0.memoryMax = 10_000_000
            $0.swapMax = ResourceLimits.unlimited
            $0.cpus = "0,1,2"
            $0.ioRates = [IORate(major: 8, minor: 0, readBytes: 5, writeBytes: ResourceLimits.unlimited)]
        }
        let legacy = [
            "memory.limit_in_bytes": "9998336", "memory.memsw.limit_in_bytes": "9223372036854771712",
            "cpuset.cpus": "0-2", "blkio.throttle.read_bps_device": "8:0 5", "blkio.throttle.write_bps_device": "",
        ]
        #expect(try holds(limits, Host.hybrid, legacy) == [true, true, true, true, true])
        let unified = [
            "memory.max": "9998336", "memory.swap.max": "max", "cpuset.cpus": "0-2",
            "io.max": "8:0 rbps=5 wbps=max riops=max wiops=max",
        ]
        #expect(try holds(limits, Host.unified, unified) == [true, true, true, true, true])
    }

    @Test func `another value, or none, does not hold`() throws {
        let limits = ResourceLimits.with {
            $0.memoryMax = 10_000_000
            $0.pidsMax = 5
            $0.cpus = "0"
            $0.ioRates = [IORate(major: 8, minor: 0, readBytes: 5)]
        }
        let files = ["memory.max": "max", "cpuset.cpus": "0-1", "io.max": "8:16 rbps=5"]
        #expect(try holds(limits, Host.unified, files) == [false, false, false, false])
    }

    @Test func `device lists are compared without their order`() throws {
        let limits = ResourceLimits(devices: [DeviceRule(.char, major: 1, minor: 3), DeviceRule(.char, major: 136)])
        #expect(try holds(limits, Host.hybrid, ["devices.list": "c 136:* rwm\nc 1:3 rwm"]) == [true])
        #expect(try holds(limits, Host.hybrid, ["devices.list": "a *:* rwm"]) == [false])
        #expect(try holds(ResourceLimits(devices: []), Host.hybrid, ["devices.list": ""]) == [true])
        #expect(
            try holds(ResourceLimits(devices: [DeviceRule(.all)]), Host.hybrid, ["devices.list": "a *:* rwm"]) == [true]
        )
    }
}
