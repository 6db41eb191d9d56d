import Cgroups
import Launch
import Planning
import Profiles
import Testing

/// A host and an instance made by hand: planning must not look at the real one.
enum Fixture {
    static let legacy = CgroupHierarchy(
        legacy: [
            .devices: "/sys/fs/cgroup/devices", .freezer: "/sys/fs/cgroup/freezer", .pids: "/sys/fs/cgroup/pids",
            .memory: "/sys/fs/cgroup/memory", .cpuacct: "/sys/fs/cgroup/cpuacct", .cpu: "/sys/fs/cgroup/cpu",
        ]
    )

    static func facts(_ hierarchy: CgroupHierarchy = legacy) -> HostFacts {
        HostFacts(
            hierarchy: hierarchy,
            probe: CgroupProbe(feature: { _ in .present }, onlineCPUs: { "0-1" }, onlineNodes: { "0" }),
            highestCapability: 40,
            disk: DiskNumber(major: 254, minor: 0),
            resolverConfiguration: "nameserver 192.0.2.1\nsearch example.org\n"
        )
    }

    static let instance = JailInstance(
        name: "web1",
        identity: IdentityMap(hostBase: 0x4000_0000),
        stage: "/run/b/stage",
        root: .directory(path: "/srv/root", readOnly: false),
        cgroup: "bailey/acme/web1",
        user: ResolvedUser(uid: 0, gid: 0, home: "/root"),
        filter: [],
        streams: Streams(terminal: false, input: false, log: "", logBytes: 0, logFiles: 0),
        finish: Finish(record: "/run/b/web1", stateDirectory: "", removeState: true, identityClaim: "/run/c")
    )

    static func spec(_ settings: [(String, String)] = []) -> JailSpec {
        var spec = JailSpec()
        let base = [("metadata.name", "web1"), ("rootfs", "/srv/root")]
        for (key, value) in base + settings {
            let findings = spec.override(key, with: value, flag: "test")
            #expect(findings.isEmpty, "\(findings)")
        }
        _ = spec.setCommand(["/bin/true"])
        return spec
    }

    static func plan(_ settings: [(String, String)] = []) throws -> LaunchPlan {
        try JailPlanner(facts()).plan(spec(settings), instance).launch
    }
}

@Suite struct PlanningTests {
    @Test func `the same inputs give the same bytes`() throws {
        #expect(try PlanEnvelope.encode(Fixture.plan()) == PlanEnvelope.encode(Fixture.plan()))
    }

    @Test func `a jail shares no namespace with the host`() throws {
        #expect(try Fixture.plan().namespaces == .all)
    }

    @Test func `the kernel's file systems hide whatever the tenant's mounts put below them`() throws {
        let steps = try Fixture.plan([("mounts", "/srv/data:/var/www")]).steps
        let bind = try #require(steps.firstIndex { if case .bind(_, "/var/www", _) = $0 { true } else { false } })
        let proc = try #require(steps.firstIndex { if case .mount("proc", _, _, _, _) = $0 { true } else { false } })
        #expect(bind < proc)
    }

    @Test func `nothing is mounted after the masks`() throws {
        let steps = try Fixture.plan().steps
        let mask = try #require(steps.firstIndex { if case .mask = $0 { true } else { false } })
        let later = steps[mask...].filter { step in
            switch step {
            case .mount, .bind, .device: true
            default: false
            }
        }
        #expect(later.isEmpty)
    }

    @Test func `kernel file systems accept no symbolic link at their mount point`() throws {
        for case .mount(let type, let target, _, _, let fixed) in try Fixture.plan().steps {
            #expect(fixed, "\(type) at \(target)")
        }
    }

    @Test func `sysfs is read-only and a read-only root is sealed last`() throws {
        let steps = try Fixture.plan([("security.readOnlyRoot", "true")]).steps
        #expect(steps.last == .sealRoot)
        let sysfs = steps.contains { step in
            guard case .mount("sysfs", _, _, let attributes, _) = step else { return false }
            return attributes & MountAttribute.readOnly != 0
        }
        #expect(sysfs)
    }

    @Test func `device access is closed before it is opened for the usual devices`() throws {
        let groups = try Fixture.plan().cgroups
        let devices = try #require(groups.directories.first { $0.path.contains("/devices/") })
        #expect(devices.writes.first == CgroupWrite(file: "devices.deny", value: "a"))
        #expect(devices.writes.contains(CgroupWrite(file: "devices.allow", value: "c 1:3 rwm")))
    }

    @Test func `limits become the kernel's units`() throws {
        let groups = try Fixture.plan([("resources.memory.max", "64MiB"), ("resources.cpu.max", "50%")]).cgroups
        let writes = groups.directories.flatMap(\.writes)
        #expect(writes.contains { $0.file == "memory.limit_in_bytes" && $0.value == "67108864" })
        #expect(writes.contains { $0.file == "cpu.cfs_quota_us" && $0.value == "50000" })
    }

    @Test func `a limit that this host cannot enforce is an error unless it is best effort`() throws {
        let settings = [("resources.memory.high", "32MiB")]
        let failure = #expect(throws: PlanningFailure.self) { try Fixture.plan(settings) }
        #expect(failure?.findings.first?.keyPath == "resources.memory.high")
        let planner = JailPlanner(Fixture.facts())
        let planned = try planner.plan(
            Fixture.spec(settings + [("bestEffort", "resources.memory.high")]),
            Fixture.instance
        )
        #expect(planned.warnings.contains { $0.keyPath == "resources.memory.high" })
    }

    @Test(arguments: [
        ("backend", "kvm"), ("resources.disk.space", "1GiB"),
        ("security.devices", "/dev/fuse"),
    ])
    func `a key that this version does not act on is refused and says so`(key: String, value: String) {
        let failure = #expect(throws: PlanningFailure.self) { try Fixture.plan([(key, value)]) }
        #expect(failure?.findings.contains { $0.keyPath == key } == true)
    }

    @Test(arguments: [("resources.cpu.guarantee", "10%"), ("restart.policy", "always"), ("health.tcp", "80")])
    func `a promise that nothing keeps yet is a warning and never silence`(key: String, value: String) throws {
        let planned = try JailPlanner(Fixture.facts()).plan(Fixture.spec([(key, value)]), Fixture.instance)
        #expect(planned.warnings.contains { $0.keyPath == key })
    }

    @Test func `a user other than root holds no capability but keeps the bounding set`() throws {
        var instance = Fixture.instance
        instance.user = ResolvedUser(uid: 33, gid: 33)
        let planned = try JailPlanner(Fixture.facts()).plan(Fixture.spec(), instance)
        let sets = planned.launch.privileges.capabilities
        #expect(sets.effective == 0 && sets.permitted == 0 && sets.ambient == 0)
        #expect(sets.bounding != 0)
    }

    @Test func `capabilities above 31 are neither lost nor gained`() throws {
        let plan = try Fixture.plan([("security.capabilities.add", "CHECKPOINT_RESTORE")])
        #expect(plan.privileges.capabilities.bounding & (1 << 40) != 0)
        #expect(try Fixture.plan().privileges.capabilities.bounding & (1 << 40) == 0)
    }

    @Test func `resolver files keep the host's lines and put the spec's in their place`() throws {
        func text(_ path: String) throws -> String {
            for case .text(path, let text) in try Fixture.plan().steps { return text }
            return ""
        }
        #expect(try text("/etc/resolv.conf").contains("nameserver 192.0.2.1"))
        #expect(try text("/etc/hosts").contains("127.0.1.1 web1"))
    }

    @Test func `a host with version 2 is born in one cgroup with a device program`() throws {
        let tree = UnifiedTree(
            mount: "/sys/fs/cgroup",
            base: "/sys/fs/cgroup",
            controllers: [.cpu, .memory, .pids, .io, .cpuset],
            isOccupied: false,
            isRoot: true
        )
        let planner = JailPlanner(Fixture.facts(CgroupHierarchy(unified: tree)))
        let groups = try planner.plan(Fixture.spec([("resources.memory.max", "64MiB")]), Fixture.instance).launch
            .cgroups
        #expect(groups.bornInside)
        #expect(groups.directories.map(\.path) == ["/sys/fs/cgroup/bailey/acme/web1"])
        #expect(!groups.deviceProgram.isEmpty && groups.deviceProgram.count.isMultiple(of: 8))
        #expect(groups.directories[0].writes.contains { $0.file == "memory.max" && $0.value == "67108864" })
        #expect(groups.parents.contains { $0.path == "/sys/fs/cgroup/bailey" })
    }
}
