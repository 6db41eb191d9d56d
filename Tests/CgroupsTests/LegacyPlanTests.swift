import Cgroups
import Testing

@Suite struct `Plans for cgroup v1` {
    @Test func `without limits a group joins what counts, pauses and closes devices`() throws {
        let plan = try CgroupPlanner(Host.hybrid).plan(ResourceLimits(), path: "bailey/acme/web1")
        #expect(
            plan.description == """
                make /sys/fs/cgroup/devices/bailey/acme/web1 v1 devices parent:notify_on_release=0
                  devices.deny = a  # resources.devices
                  devices.allow = c 1:3 rwm  # resources.devices
                  devices.allow = c 1:5 rwm  # resources.devices
                  devices.allow = c 1:7 rwm  # resources.devices
                  devices.allow = c 1:8 rwm  # resources.devices
                  devices.allow = c 1:9 rwm  # resources.devices
                  devices.allow = c 5:0 rwm  # resources.devices
                  devices.allow = c 5:2 rwm  # resources.devices
                  devices.allow = c 136:* rwm  # resources.devices
                make /sys/fs/cgroup/freezer/bailey/acme/web1 v1 freezer parent:notify_on_release=0
                make /sys/fs/cgroup/pids/bailey/acme/web1 v1 pids parent:notify_on_release=0
                make /sys/fs/cgroup/memory/bailey/acme/web1 v1 memory parent:notify_on_release=0 parent:memory.use_hierarchy=1
                make /sys/fs/cgroup/cpuacct/bailey/acme/web1 v1 cpuacct parent:notify_on_release=0
                """
        )
    }

    @Test func `limits are written in the order the kernel demands`() throws {
        let limits = ResourceLimits.with {
            $0.cpuWeight = 200
            $0.cpuMax = CPUBandwidth(quota: 50_000)
            $0.cpuBurst = 20_000
            $0.cpus = "0-1"
            $0.memoryMax = 512 << 20
            $0.swapMax = 0
            $0.pidsMax = 256
            $0.ioRates = [IORate(major: 254, minor: 0, readBytes: 1000, writeBytes: 2000, readOps: 3, writeOps: 4)]
        }
        let plan = try CgroupPlanner(Host.hybrid).plan(limits, path: "bailey/acme/web1")
        #expect(
            plan.description == """
                make /sys/fs/cgroup/freezer/bailey/acme/web1 v1 freezer parent:notify_on_release=0
                make /sys/fs/cgroup/pids/bailey/acme/web1 v1 pids parent:notify_on_release=0
                  pids.max = 256  # resources.pids.max
                make /sys/fs/cgroup/memory/bailey/acme/web1 v1 memory parent:notify_on_release=0 parent:memory.use_hierarchy=1
                  memory.limit_in_bytes = 536870912  # resources.memory.max
                  memory.memsw.limit_in_bytes = 536870912  # resources.memory.swap
                make /sys/fs/cgroup/cpu/bailey/acme/web1 v1 cpu parent:notify_on_release=0
                  cpu.shares = 2048  # resources.cpu.weight
                  cpu.cfs_period_us = 100000  # resources.cpu.max
                  cpu.cfs_quota_us = 50000  # resources.cpu.max
                  cpu.cfs_burst_us = 20000  # resources.cpu.burst
                make /sys/fs/cgroup/cpuacct/bailey/acme/web1 v1 cpuacct parent:notify_on_release=0
                make /sys/fs/cgroup/cpuset/bailey/acme/web1 v1 cpuset parent:notify_on_release=0
                  cpuset.cpus = 0-1  # resources.cpu.cpus
                  cpuset.cpus from parent if empty
                  cpuset.mems from parent if empty
                make /sys/fs/cgroup/blkio/bailey/acme/web1 v1 io parent:notify_on_release=0
                  blkio.throttle.read_bps_device = 254:0 1000  # resources.io.read
                  blkio.throttle.write_bps_device = 254:0 2000  # resources.io.write
                  blkio.throttle.read_iops_device = 254:0 3  # resources.io.readOps
                  blkio.throttle.write_iops_device = 254:0 4  # resources.io.writeOps
                note resources.io.write: cgroup v1 slows down direct and synchronous writes only; the rest is written back by the kernel: use cgroup v2 to bind buffered writes
                note resources.io.writeOps: cgroup v1 slows down direct and synchronous writes only; the rest is written back by the kernel: use cgroup v2 to bind buffered writes
                """
        )
    }

    @Test func `cpu and cpuacct on one mount are joined once`() throws {
        let limits = ResourceLimits.with {
            $0.cpuMax = CPUBandwidth(quota: ResourceLimits.unlimited)
            $0.hugetlb = [HugePageLimit(pageSize: "2MB", bytes: 4 << 20)]
            $0.ioWeight = 200
        }
        let plan = try CgroupPlanner(Host.coMounted).plan(limits, path: "bailey/acme/web1")
        #expect(
            plan.description == """
                make /sys/fs/cgroup/freezer/bailey/acme/web1 v1 freezer parent:notify_on_release=0
                make /sys/fs/cgroup/pids/bailey/acme/web1 v1 pids parent:notify_on_release=0
                make /sys/fs/cgroup/memory/bailey/acme/web1 v1 memory parent:notify_on_release=0 parent:memory.use_hierarchy=1
                make /sys/fs/cgroup/cpu,cpuacct/bailey/acme/web1 v1 cpu,cpuacct parent:notify_on_release=0
                  cpu.cfs_period_us = 100000  # resources.cpu.max
                  cpu.cfs_quota_us = -1  # resources.cpu.max
                make /sys/fs/cgroup/blkio/bailey/acme/web1 v1 io parent:notify_on_release=0
                  blkio.bfq.weight = 109  # resources.io.weight
                make /sys/fs/cgroup/hugetlb/bailey/acme/web1 v1 hugetlb parent:notify_on_release=0
                  hugetlb.2MB.limit_in_bytes = 4194304  # resources.hugetlb
                  hugetlb.2MB.rsvd.limit_in_bytes = 4194304  # resources.hugetlb
                """
        )
    }

    @Test func `without limits cpu is joined only where its mount counts usage`() throws {
        let plan = try CgroupPlanner(Host.coMounted).plan(.none, path: "bailey/acme/web1")
        let counting = plan.directories.first { $0.root == "/sys/fs/cgroup/cpu,cpuacct" }
        #expect(counting?.controllers == [.cpuacct])
    }

    @Test func `the v2 tree of a hybrid host can stand in for freezer and cpuacct`() throws {
        let planner = CgroupPlanner(Host.hybrid, prefersUnifiedCore: true)
        let plan = try planner.plan(.none, path: "bailey/acme/web1")
        #expect(
            plan.description == """
                make /sys/fs/cgroup/unified/bailey/acme/web1 v2 freezer,cpuacct
                make /sys/fs/cgroup/pids/bailey/acme/web1 v1 pids parent:notify_on_release=0
                make /sys/fs/cgroup/memory/bailey/acme/web1 v1 memory parent:notify_on_release=0 parent:memory.use_hierarchy=1
                """
        )
    }

    @Test func `a controller that a hybrid host has on v2 is used there`() throws {
        let limits = ResourceLimits.with { $0.hugetlb = [HugePageLimit(pageSize: "1GB", bytes: 0)] }
        let plan = try CgroupPlanner(Host.hybrid).plan(limits, path: "bailey/acme/web1")
        #expect(
            plan.enable.map { "\($0.file) \($0.value)" } == [
                "/sys/fs/cgroup/unified/cgroup.subtree_control +hugetlb",
                "/sys/fs/cgroup/unified/bailey/cgroup.subtree_control +hugetlb",
                "/sys/fs/cgroup/unified/bailey/acme/cgroup.subtree_control +hugetlb",
            ]
        )
        #expect(plan.group.unified?.writes.map(\.file) == ["hugetlb.1GB.max", "hugetlb.1GB.rsvd.max"])
    }
}
