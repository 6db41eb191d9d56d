import JSONText
import Launch
import Seccomp
import Testing

@testable import OCIRuntime

@Suite("mount options become steps")
struct MountOptionTests {
    private func mounts(_ mounts: String, created: NamespaceSet = .mount) throws -> [ContainerMount] {
        let configuration = try Fixtures.configuration(
            "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},\"mounts\":\(mounts)}"
        )
        let planner = MountPlanner(
            bundle: "/b",
            root: "/b/rootfs",
            configuration: configuration,
            created: created,
            cgroups: []
        )
        return try planner.mounts()
    }

    @Test("a later option takes an earlier one back")
    func order() throws {
        let mount = try mounts(
            "[{\"destination\":\"/x\",\"type\":\"tmpfs\",\"options\":[\"ro\",\"nosuid\",\"rw\",\"size=1k\",\"mode=700\"]}]"
        )[0]
        #expect(mount.flags == 2)
        #expect(mount.data == "size=1k,mode=700")
    }

    @Test("a bind sets and clears only what was named, recursive options apart")
    func binds() throws {
        let mount = try mounts(
            "[{\"destination\":\"x//y/\",\"source\":\"src\",\"options\":[\"rbind\",\"ro\",\"exec\",\"rnosuid\",\"rslave\"]}]"
        )[0]
        #expect(mount.kind == .bind(recursive: true))
        #expect(mount.target == "/x/y")
        #expect(mount.source == "/b/src")
        #expect(mount.set == 0x1 && mount.clear == 0x8)
        #expect(mount.setBelow == 0x2)
        #expect(mount.propagation == [.init(flag: 1 << 19, recursive: true)])
    }

    @Test("a source below the root is looked up inside, after the mounts before it")
    func inside() throws {
        let mount = try mounts("[{\"destination\":\"/x\",\"source\":\"/b/rootfs/y\",\"options\":[\"bind\"]}]")[0]
        #expect(mount.sourceInside && mount.source == "/y")
    }

    @Test("/dev is made read-only only when its nodes are there")
    func readOnlyDev() throws {
        let mount = try mounts("[{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"options\":[\"ro\"]}]")[0]
        #expect(mount.readOnlyLater && mount.flags & 1 == 0)
    }

    @Test("an idmap without any map is an error")
    func idmapWithoutMap() {
        #expect(throws: JSONError.self) {
            try mounts("[{\"destination\":\"/x\",\"source\":\"/s\",\"options\":[\"bind\",\"idmap\"]}]")
        }
    }
}

@Suite("linux.seccomp in libseccomp's meaning")
struct SeccompTranslationTests {
    private func translation(_ text: String) throws -> SeccompTranslation {
        try SeccompTranslation(Fixtures.node(text))
    }

    private func rule(_ names: String, _ action: String, _ args: String = "[]") -> String {
        "{\"names\":[\(names)],\"action\":\"\(action)\",\"args\":\(args)}"
    }

    private func seccomp(_ rules: String...) -> String {
        "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[\(rules.joined(separator: ","))]}"
    }

    @Test("a rule without conditions decides, whatever comes later")
    func decided() throws {
        let text = seccomp(
            rule("\"read\"", "SCMP_ACT_ALLOW"),
            rule("\"read\"", "SCMP_ACT_KILL", "[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]")
        )
        #expect(try translation(text).request.verdicts["read"] == CallVerdict(otherwise: .allow))
    }

    @Test("conditions on different arguments go together, several on one are alternatives")
    func conditions() throws {
        let both = "[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_GT\"}]"
        let same = "[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]"
        let request = try translation(
            seccomp(rule("\"a\"", "SCMP_ACT_ALLOW", both), rule("\"b\"", "SCMP_ACT_ALLOW", same))
        ).request
        #expect(request.verdicts["a"]?.conditional.count == 1)
        #expect(request.verdicts["b"]?.conditional.count == 2)
    }

    @Test("a masked comparison takes value as mask and valueTwo as value")
    func masked() throws {
        let args = "[{\"index\":0,\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]"
        let request = try translation(seccomp(rule("\"clone\"", "SCMP_ACT_ALLOW", args))).request
        let condition = request.verdicts["clone"]?.conditional.first?.conditions.first
        #expect(condition == ArgumentCondition(argument: 0, mask: 2_114_060_288, .equal, 0))
    }

    @Test("rules that say what happens anyway are left out, unknown calls passed over")
    func idle() throws {
        let text = seccomp(rule("\"open\"", "SCMP_ACT_ERRNO"), rule("\"no_such_call\"", "SCMP_ACT_ALLOW"))
        let request = try translation(text).request
        #expect(request.verdicts["open"] == nil)
        _ = try SeccompCompiler.compile(request, name: "test")
    }

    @Test(
        "every other unknown word is an error",
        arguments: [
            "{}", "{\"defaultAction\":\"SCMP_ACT_MAYBE\"}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_PDP11\"]}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[\"SECCOMP_FILTER_FLAG_X\"]}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[],\"action\":\"SCMP_ACT_KILL\"}]}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"listenerMetadata\":\"x\"}",
            "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"args\":[{\"index\":6,\"value\":0,\"op\":\"SCMP_CMP_EQ\"}]}]}",
        ]
    )
    func unknownWords(_ text: String) {
        #expect(throws: JSONError.self) { try translation(text) }
    }

    @Test("a compiled filter answers as the rules say")
    func verdicts() throws {
        let text = seccomp(
            rule("\"read\",\"write\"", "SCMP_ACT_ALLOW"),
            rule("\"kexec_load\"", "SCMP_ACT_KILL_PROCESS"),
            rule("\"mkdir\"", "SCMP_ACT_TRAP")
        )
        let request = try translation(text).request
        #expect(request.verdicts["write"]?.otherwise == .allow)
        #expect(request.verdicts["kexec_load"]?.otherwise == .killProcess)
        #expect(request.verdicts["mkdir"]?.otherwise == .trap)
        #expect(!request.notifies)
    }
}

@Suite("resources become control files")
struct ResourceTests {
    private func resources(_ text: String) throws -> ResourcesSection { try ResourcesSection(Fixtures.node(text)) }

    private func legacy(_ text: String) throws -> [String] {
        try ResourceWrites(legacy: resources(text)) { _, _ in false }.writes.map { "\($0.file)=\($0.value)" }
    }

    private func unified(_ text: String) throws -> [String] {
        try ResourceWrites(unified: resources(text)) { _, _ in false }.writes.map { "\($0.file)=\($0.value)" }
    }

    @Test("on v1")
    func legacyFiles() throws {
        let text =
            "{\"memory\":{\"limit\":1000,\"swap\":2000,\"reservation\":500,\"swappiness\":10},\"cpu\":{\"shares\":512,\"quota\":-1,\"period\":100000,\"cpus\":\"0\"},\"pids\":{\"limit\":-1}}"
        #expect(
            try legacy(text) == [
                "memory.limit_in_bytes=1000", "memory.memsw.limit_in_bytes=2000", "memory.soft_limit_in_bytes=500",
                "memory.swappiness=10", "cpu.shares=512", "cpu.cfs_period_us=100000", "cpu.cfs_quota_us=-1",
                "cpuset.cpus=0", "pids.max=max",
            ]
        )
    }

    @Test("on v2, where swap is counted by itself")
    func unifiedFiles() throws {
        let text =
            "{\"memory\":{\"limit\":1000,\"swap\":2500},\"cpu\":{\"shares\":1024,\"quota\":50000},\"unified\":{\"memory.high\":\"900\"}}"
        #expect(
            try unified(text) == [
                "memory.max=1000", "memory.swap.max=1500", "cpu.weight=100", "cpu.max=50000 100000", "memory.high=900",
            ]
        )
    }

    @Test("what a version cannot do names its field")
    func impossible() {
        #expect(throws: JSONError.self) { try legacy("{\"unified\":{\"memory.high\":\"1\"}}") }
        #expect(throws: JSONError.self) { try unified("{\"cpu\":{\"realtimeRuntime\":1}}") }
        #expect(throws: JSONError.self) { try unified("{\"memory\":{\"swap\":5,\"limit\":10}}") }
    }

    @Test("shares at the ends and at the default become weights at the ends and at the default")
    func weights() {
        #expect(ResourceWrites.weight(fromShares: 2) == 1)
        #expect(ResourceWrites.weight(fromShares: 1024) == 100)
        #expect(ResourceWrites.weight(fromShares: 262_144) == 10_000)
    }

    @Test("no path leads out of the tree")
    func placement() throws {
        func path(_ text: String) throws -> String {
            try CgroupPlacement.path(text, container: "c", systemd: false)
        }
        #expect(try path("") == "/bailey-oci/c")
        #expect(try path("/a//b/../c") == "/a/c")
        #expect(try path("../../x") == "/x")
        #expect(throws: JSONError.self) { try path("/..") }
        #expect(throws: JSONError.self) { try CgroupPlacement.path("a:b:c", container: "c", systemd: true) }
    }
}

@Suite("the command line")
struct ArgumentTests {
    @Test("options stand before and after words, with one or two dashes")
    func forms() throws {
        let specs: [OptionSpec] = [.value("bundle", "b"), .flag("tty", "t"), .flag("detach", "d"), .value("user", "u")]
        let arguments = try Arguments(["-b", "/x", "id", "--tty", "-du1000", "--bundle=/y"], specs, command: "run")
        #expect(arguments.positional == ["id"])
        #expect(arguments.value("bundle") == "/y")
        #expect(arguments.has("tty") && arguments.has("detach"))
        #expect(arguments.value("user") == "1000")
    }

    @Test("what follows the last own word is passed on")
    func rest() throws {
        let arguments = try Arguments(["-t", "id", "ls", "-l"], [.flag("tty", "t")], stopsAt: 1, command: "exec")
        #expect(arguments.positional == ["id"])
        #expect(Array(arguments.rest) == ["ls", "-l"])
    }

    @Test("an unknown option and a missing value are errors")
    func wrong() {
        #expect(throws: RuntimeError.self) { try Arguments(["--what"], [], command: "run") }
        #expect(throws: RuntimeError.self) { try Arguments(["-b"], [.value("bundle", "b")], command: "run") }
    }

    @Test("ids are names of files and no more", arguments: ["", ".", "..", "a/b", "a b", "ä", ".seccomp", "a\n"])
    func identifiers(_ id: String) {
        #expect(throws: RuntimeError.self) { try StateStore.check(id) }
    }

    @Test("signals by name and number")
    func signals() {
        #expect(SignalName.number("SIGKILL") == 9)
        #expect(SignalName.number("term") == 15)
        #expect(SignalName.number("SIGRTMIN+3") == 37)
        #expect(SignalName.number("0") == 0)
        #expect(SignalName.number("SIGFOO") == nil)
        #expect(SignalName.number("65") == nil)
    }

    @Test("moments are written as RFC 3339 has them")
    func timestamps() {
        #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000000000Z")
        #expect(Timestamp.text(951_782_400_123_456_789) == "2000-02-29T00:00:00.123456789Z")
    }
}

@Suite("records survive being written and read")
struct RecordTests {
    @Test("every member comes back")
    func roundTrip() throws {
        var record = ContainerRecord(id: "c", version: "1.2.0", bundle: "/b", rootfs: "/b/\"r\"\n", created: 5)
        record.pid = 7
        record.startTime = .max
        record.isReady = true
        record.isShown = true
        record.cgroups = [.init(path: "/sys/fs/cgroup/memory/c", controllers: ["memory"])]
        record.annotations = [.init(key: "a", value: "ä\u{1}")]
        let read = try ContainerRecord(Fixtures.node(record.json.text()))
        #expect(read == record)
    }
}
