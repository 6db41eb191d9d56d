import Cgroups
import Testing

@Suite struct `Plans for cgroup v2` {
    @Test func `every limit has its file`() throws {
        var limits = ResourceLimits(devices: [])
        limits.cpuWeight = 200
        limits.cpuMax = CPUBandwidth(quota: ResourceLimits.unlimited, period: 50_000)
        limits.cpus = "0,2"
        limits.mems = "0"
        limits.memoryMin = 64 << 20
        limits.memoryLow = 128 << 20
        limits.memoryHigh = 384 << 20
        limits.memoryMax = 512 << 20
        limits.swapMax = ResourceLimits.unlimited
        limits.oomGroup = true
        limits.pidsMax = ResourceLimits.unlimited
        limits.ioWeight = 10_000
        limits.ioRates = [IORate(major: 8, minor: 0, readBytes: 1, writeOps: ResourceLimits.unlimited)]
        limits.hugetlb = [HugePageLimit(pageSize: "2MB", bytes: ResourceLimits.unlimited)]
        let plan = try CgroupPlanner(Host.unified).plan(limits, path: "bailey/acme/web1")
        #expect(
            plan.description == """
                enable /sys/fs/cgroup/cgroup.subtree_control +pids +memory +cpu +cpuset +io +hugetlb
                enable /sys/fs/cgroup/bailey/cgroup.subtree_control +pids +memory +cpu +cpuset +io +hugetlb
                enable /sys/fs/cgroup/bailey/acme/cgroup.subtree_control +pids +memory +cpu +cpuset +io +hugetlb
                make /sys/fs/cgroup/bailey/acme/web1 v2 devices,freezer,pids,memory,cpu,cpuacct,cpuset,io,hugetlb
                  pids.max = max  # resources.pids.max
                  memory.min = 67108864  # resources.memory.guarantee
                  memory.low = 134217728  # resources.memory.low
                  memory.high = 402653184  # resources.memory.high
                  memory.max = 536870912  # resources.memory.max
                  memory.swap.max = max  # resources.memory.swap
                  memory.oom.group = 1  # resources.memory.oomGroup
                  cpu.weight = 200  # resources.cpu.weight
                  cpu.max = max 50000  # resources.cpu.max
                  cpuset.cpus = 0,2  # resources.cpu.cpus
                  cpuset.mems = 0  # resources.cpu.mems
                  io.bfq.weight = 1000  # resources.io.weight
                  io.weight = default 10000  # resources.io.weight
                  io.max = 8:0 rbps=1  # resources.io.read
                  io.max = 8:0 wiops=max  # resources.io.writeOps
                  hugetlb.2MB.max = max  # resources.hugetlb
                  hugetlb.2MB.rsvd.max = max  # resources.hugetlb
                device program, 15 instructions
                """
        )
    }

    @Test func `burst follows the quota that bounds it`() throws {
        let limits = ResourceLimits.with {
            $0.cpuMax = CPUBandwidth(quota: 5000)
            $0.cpuBurst = 5000
        }
        let plan = try CgroupPlanner(Host.unified).plan(limits, path: "bailey/acme/web1")
        #expect(
            plan.directories[0].writes.map { "\($0.file)=\($0.value)" } == [
                "cpu.max=5000 100000", "cpu.max.burst=5000",
            ]
        )
    }

    @Test func `without limits only what counts is enabled`() throws {
        let plan = try CgroupPlanner(Host.unified).plan(.none, path: "bailey/acme")
        #expect(
            plan.description == """
                enable /sys/fs/cgroup/cgroup.subtree_control +pids +memory
                enable /sys/fs/cgroup/bailey/cgroup.subtree_control +pids +memory
                make /sys/fs/cgroup/bailey/acme v2 freezer,pids,memory,cpuacct
                """
        )
    }

    @Test func `a delegated cgroup that holds us is emptied before controllers are enabled`() throws {
        var host = Host.unified
        host.unified?.base = "/sys/fs/cgroup/system.slice/baileyd.service"
        host.unified?.isRoot = false
        host.unified?.isOccupied = true
        let plan = try CgroupPlanner(host).plan(.none, path: "bailey/acme/web1")
        #expect(
            plan.description.split(separator: "\n").prefix(2) == [
                "move /sys/fs/cgroup/system.slice/baileyd.service -> /sys/fs/cgroup/system.slice/baileyd.service/bailey-self",
                "enable /sys/fs/cgroup/system.slice/baileyd.service/cgroup.subtree_control +pids +memory",
            ]
        )
    }

    @Test func `devices are closed by default`() throws {
        let plan = try CgroupPlanner(Host.unified).plan(ResourceLimits(), path: "bailey/acme/web1")
        let program = try #require(plan.deviceProgram)
        let machine = DeviceMachine(program)
        #expect(try machine.allows(.char, 1, 3, .everything))
        #expect(try !machine.allows(.block, 8, 0, .read))
    }
}
