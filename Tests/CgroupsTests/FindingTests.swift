import Cgroups
import Testing

@Suite struct `Limits that cannot be` {
    /// One change, the features the host lacks, and how the finding begins.
    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var host = Host.hybrid
        var absent: Set<CgroupFeature> = []
        var knob: Knob
        var change: @Sendable (inout ResourceLimits) -> Void
        var testDescription: String { text }
    }

    private static let hostLacks: [Case] = [
        Case(text: "cgroup v1 has no memory.high", knob: .memoryHigh) { $0.memoryHigh = 1 << 20 },
        Case(text: "cgroup v1 has no memory.low", knob: .memoryLow) { $0.memoryLow = 1 << 20 },
        Case(text: "cgroup v1 has no memory.min", knob: .memoryGuarantee) { $0.memoryMin = 1 << 20 },
        Case(text: "cgroup v1 kills one process at a time", knob: .memoryOOMGroup) { $0.oomGroup = true },
        Case(text: "cgroup v1 limits swap only together with memory", knob: .memorySwap) { $0.swapMax = 0 },
        Case(text: "this kernel does not account swap", absent: [.swapLimit], knob: .memorySwap) {
            $0.memoryMax = 1 << 30
            $0.swapMax = 0
        },
        Case(text: "this kernel does not account swap", host: Host.unified, absent: [.swapLimit], knob: .memorySwap) {
            $0.swapMax = 0
        },
        Case(text: "this kernel has no CPU quota", absent: [.cpuBandwidth], knob: .cpuMax) {
            $0.cpuMax = CPUBandwidth(quota: 1000)
        },
        Case(text: "this kernel has no CPU burst", absent: [.cpuBurst], knob: .cpuBurst) {
            $0.cpuMax = CPUBandwidth(quota: 1000)
            $0.cpuBurst = 1000
        },
        Case(text: "no disk here is scheduled by weight", absent: [.bfqWeight], knob: .ioWeight) { $0.ioWeight = 100 },
        Case(
            text: "no disk here is scheduled by weight",
            host: Host.unified,
            absent: [.bfqWeight, .ioCostWeight],
            knob: .ioWeight
        ) { $0.ioWeight = 100 },
        Case(text: "this kernel has no rates per disk", absent: [.ioThrottle], knob: .ioReadOps) {
            $0.ioRates = [IORate(major: 8, minor: 0, readOps: 1)]
        },
        Case(text: "this host has no huge pages of 2MB", absent: [.hugePages("2MB")], knob: .hugetlb) {
            $0.hugetlb = [HugePageLimit(pageSize: "2MB", bytes: 0)]
        },
        Case(text: "this host has only the CPUs 0-3, not all of 2-4", knob: .cpus) { $0.cpus = "2-4" },
        Case(text: "this host has only the memory nodes 0, not all of 1", knob: .mems) { $0.mems = "1" },
        Case(text: "no cgroup mount has the cpuset controller", host: Host.coMounted, knob: .cpus) { $0.cpus = "0" },
        Case(
            text: "the memory controller is not in /cg/cgroup.controllers",
            host: CgroupHierarchy(unified: UnifiedTree(mount: "/cg", base: "/cg", controllers: [.pids])),
            knob: .memoryMax
        ) { $0.memoryMax = 1 << 30 },
        Case(text: "cgroup v1 cannot take 'c 1:3 rwm' out of 'c 1:* rwm'", knob: .devices) {
            $0.devices = [DeviceRule(.char, major: 1), DeviceRule(.char, major: 1, minor: 3, allow: false)]
        },
        Case(
            text: "no cgroup mount has the devices controller",
            host: CgroupHierarchy(legacy: [.memory: "/cg/memory"]),
            knob: .devices
        ) { $0.devices = [] },
    ]

    @Test(arguments: hostLacks)
    func `what the host lacks is an error that says why, or a warning where it is best effort`(_ example: Case) throws {
        let limits = ResourceLimits.with(example.change)
        let planner = CgroupPlanner(example.host, absent: example.absent)
        let findings = planner.findings(limits)
        let start = "\(example.knob.rawValue): \(example.text): "
        #expect(findings.contains { $0.hasPrefix(start) && $0.count > start.count }, "\(findings)")
        let plan = try planner.plan(limits, path: "bailey/acme/web1", bestEffort: [example.knob])
        #expect(plan.warnings.map(\.description).contains { $0.hasPrefix(start) })
        #expect(!plan.directories.flatMap(\.writes).contains { $0.knob == example.knob })
    }

    private static let senseless: [Case] = [
        Case(text: "0 is outside 1…10000", knob: .cpuWeight) { $0.cpuWeight = 0 },
        Case(text: "10001 is outside 1…10000", knob: .cpuWeight) { $0.cpuWeight = 10_001 },
        Case(text: "the quota of 999 µs is below the kernel's least, 1000", knob: .cpuMax) {
            $0.cpuMax = CPUBandwidth(quota: 999)
        },
        Case(text: "the period of 999 µs is outside 1000…1000000", knob: .cpuMax) {
            $0.cpuMax = CPUBandwidth(quota: 1000, period: 999)
        },
        Case(text: "the quota of 18446744073709551614 µs is more than the kernel takes", knob: .cpuMax) {
            $0.cpuMax = CPUBandwidth(quota: .max - 1)
        },
        Case(text: "a burst needs a quota to save from", knob: .cpuBurst) { $0.cpuBurst = 1 },
        Case(text: "the burst of 1001 µs exceeds the quota of 1000 µs", knob: .cpuBurst) {
            $0.cpuMax = CPUBandwidth(quota: 1000)
            $0.cpuBurst = 1001
        },
        Case(text: "'' is not a list of CPUs", knob: .cpus) { $0.cpus = "" },
        Case(text: "'1-' is not a list of CPUs", knob: .cpus) { $0.cpus = "1-" },
        Case(text: "'0\n1' is not a list of memory nodes", knob: .mems) { $0.mems = "0\n1" },
        Case(text: "with 0 bytes no process can start", knob: .memoryMax) { $0.memoryMax = 0 },
        Case(text: "2 bytes are more than resources.memory.max, 1", host: Host.unified, knob: .memoryGuarantee) {
            $0.memoryMax = 1
            $0.memoryMin = 2
        },
        Case(text: "memory and swap together exceed 64 bits", knob: .memorySwap) {
            $0.memoryMax = .max - 1
            $0.swapMax = .max - 1
        },
        Case(text: "with 0 no process can start", knob: .pidsMax) { $0.pidsMax = 0 },
        Case(text: "0 is outside 1…10000", knob: .ioWeight) { $0.ioWeight = 0 },
        Case(text: "a rate of 0 would stop the disk for good", knob: .ioWrite) {
            $0.ioRates = [IORate(major: 8, minor: 0, writeBytes: 0)]
        },
        Case(text: "'2 MB' is not a page size", knob: .hugetlb) {
            $0.hugetlb = [HugePageLimit(pageSize: "2 MB", bytes: 0)]
        },
        Case(text: "'../2MB' is not a page size", knob: .hugetlb) {
            $0.hugetlb = [HugePageLimit(pageSize: "../2MB", bytes: 0)]
        },
        Case(text: "'c 1:3 ' names no access", knob: .devices) {
            $0.devices = [DeviceRule(.char, major: 1, minor: 3, access: [])]
        },
    ]

    @Test(arguments: senseless)
    func `a value that makes no sense is an error, best effort or not`(_ example: Case) {
        let limits = ResourceLimits.with(example.change)
        let findings = CgroupPlanner(example.host).findings(limits, bestEffort: Set(Knob.allCases))
        #expect(findings.contains { $0.hasPrefix("\(example.knob.rawValue): \(example.text): ") }, "\(findings)")
    }

    @Test func `best effort excuses the limit it names and no other`() {
        let limits = ResourceLimits.with { $0.memoryHigh = 1 << 20 }
        #expect(CgroupPlanner(Host.hybrid).findings(limits, bestEffort: [.memoryLow]).count == 1)
    }

    @Test func `all findings are returned at once`() {
        let limits = ResourceLimits.with {
            $0.cpuWeight = 0
            $0.memoryHigh = 1
            $0.pidsMax = 0
            $0.cpus = "x"
        }
        #expect(CgroupPlanner(Host.hybrid).findings(limits).count == 4)
    }

    @Test(arguments: [
        "", "/", "/bailey", "bailey//x", "bailey/..", "bailey/./x", "bailey/a\nb", "bailey/cgroup.procs",
        "bailey/memory.max", "bailey/blkio.x", "bailey-self/x", "bailey/" + String(repeating: "x", count: 256),
    ])
    func `a path that leaves the group or hides a control file is refused`(_ path: String) {
        #expect(throws: CgroupFindings.self) { try CgroupPlanner(Host.hybrid).plan(.none, path: path) }
    }

    @Test func `a host without delegation or without cgroups is refused`() {
        var host = Host.unified
        host.unified?.base = nil
        #expect(
            CgroupPlanner(host).findings(.none).first?.contains("no cgroup below /sys/fs/cgroup was delegated") == true
        )
        #expect(CgroupPlanner(CgroupHierarchy()).findings(.none).first?.contains("no cgroup file system") == true)
    }

    @Test func `best-effort writes are marked, so that a refusal by the kernel is a warning`() throws {
        let limits = ResourceLimits.with { $0.pidsMax = 5 }
        let plan = try CgroupPlanner(Host.hybrid).plan(limits, path: "bailey/x", bestEffort: [.pidsMax])
        #expect(plan.directories.flatMap(\.writes).first { $0.knob == .pidsMax }?.optional == true)
    }
}
