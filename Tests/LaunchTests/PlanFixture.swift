import Launch

/// A plan with something in every field, so that a field lost on the way shows.
enum PlanFixture {
    static let plan = LaunchPlan(
        jail: "web1",
        identity: IdentityMap(hostBase: 0x4001_0000),
        namespaces: .all,
        cgroups: CgroupSteps(
            parents: [CgroupParent(path: "/sys/fs/cgroup/bailey", writes: [CgroupWrite(file: "a", value: "+cpu")])],
            directories: [
                CgroupDirectory(
                    path: "/sys/fs/cgroup/bailey/acme/web1",
                    writes: [CgroupWrite(file: "memory.max", value: "1", optional: true)]
                )
            ],
            bornInside: true,
            deviceProgram: [1, 2, 3, 4, 5, 6, 7, 8]
        ),
        stage: "/run/bailey/stage",
        root: .overlay(layers: ["/l/1", "/l/2"], upper: "/s/rw/upper", work: "/s/rw/work", volatile: true),
        sources: [BindSource(path: "/srv", recursive: true, shifted: true)],
        steps: [
            .mount(type: "proc", target: "/proc", options: ["hidepid=2"], attributes: 14, fixed: true),
            .bind(source: 0, target: "/var/www", attributes: 1), .device(name: "null", major: 1, minor: 3),
            .directory(path: "/dev/net", mode: 0o755), .link(path: "/dev/fd", target: "/proc/self/fd"),
            .mask(path: "/proc/kcore"), .readOnly(path: "/proc/sys"), .sealRoot,
            .parameter(path: "/proc/sys/net/ipv4/ip_forward", value: "0"),
            .text(path: "/etc/hosts", text: "127.0.0.1 localhost\n"),
        ],
        hostname: "web1",
        privileges: Privileges(
            capabilities: CapabilitySets(bounding: 1 << 40, effective: 2, permitted: 3, inheritable: 4, ambient: 5),
            noNewPrivileges: true,
            filter: [6, 0, 0, 0, 0, 0, 0xff, 0x7f],
            uid: 33,
            gid: 34,
            groups: [35, 36],
            limits: [ResourceLimit(resource: 7, soft: 1024, hard: .max)],
            oomScore: -17
        ),
        process: GuestProcess(
            isInit: true,
            arguments: ["/sbin/init", "ü"],
            environment: ["A=B"],
            directory: "/srv",
            graceMilliseconds: 2000,
            stopSignal: 30
        ),
        streams: Streams(terminal: true, input: true, log: "/log", logBytes: 10, logFiles: 2),
        finish: Finish(
            record: "/run/x",
            stateDirectory: "/var/x",
            removeState: true,
            identityClaim: "/run/bailey/ids/1",
            run: 7,
            counters: ["/sys/fs/cgroup/b/pids.events"],
            laterGroups: ["/sys/fs/cgroup/cpuset/b"]
        )
    )
}
