import JSONText
import Testing

@testable import OCIRuntime

@Suite("config.json is read strictly, and an error names the field")
struct ConfigurationTests {
    @Test("what spec writes can be read")
    func reads() throws {
        let configuration = try Fixtures.configuration()
        #expect(configuration.process?.arguments == ["sh"])
        #expect(configuration.linux.namespaces.count >= 5)
        #expect(configuration.mounts.count == 7)
    }

    @Test(
        "a value of the wrong type or beyond its range is an error with its path",
        arguments: [
            ("\"user\":{\"uid\":-1}", "process.user.uid"), ("\"user\":{\"uid\":\"0\"}", "process.user.uid"),
            ("\"user\":{\"uid\":4294967296}", "process.user.uid"), ("\"user\":{\"uid\":1.5}", "process.user.uid"),
            ("\"env\":[\"A=1\",2]", "process.env[1]"), ("\"oomScoreAdj\":1001", "process.oomScoreAdj"),
            ("\"rlimits\":[{\"type\":\"RLIMIT_X\",\"soft\":1,\"hard\":1}]", "process.rlimits[0].type"),
            ("\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]", "process.rlimits[0].soft"),
            (
                "\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1}]",
                "process.rlimits[1].type"
            ),
            ("\"scheduler\":{\"policy\":\"SCHED_NONE\"}", "process.scheduler.policy"),
            ("\"ioPriority\":{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":8}", "process.ioPriority.priority"),
            ("\"terminal\":\"yes\"", "process.terminal"), ("\"capabilities\":[]", "process.capabilities"),
            ("\"execCPUAffinity\":{\"initial\":\"1-\"}", "process.execCPUAffinity.initial"),
        ]
    )
    func wrongValues(_ members: String, _ path: String) {
        let error = #expect(throws: JSONError.self) { try Fixtures.process(members) }
        #expect(error?.path == path)
    }

    @Test(
        "so it is in the linux section",
        arguments: [
            ("{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"pid\"}]}", "linux.namespaces[1].type"),
            ("{\"namespaces\":[{\"type\":\"moon\"}]}", "linux.namespaces[0].type"),
            ("{\"namespaces\":[{\"type\":\"net\"}]}", "linux.namespaces[0].type"),
            ("{\"uidMappings\":[{\"containerID\":0,\"hostID\":-1,\"size\":1}]}", "linux.uidMappings[0].hostID"),
            ("{\"maskedPaths\":[\"proc\"]}", "linux.maskedPaths[0]"),
            ("{\"rootfsPropagation\":\"open\"}", "linux.rootfsPropagation"),
            ("{\"timeOffsets\":{\"realtime\":{\"secs\":1}}}", "linux.timeOffsets.realtime"),
            ("{\"resources\":{\"devices\":[{\"access\":\"r\"}]}}", "linux.resources.devices[0].allow"),
            ("{\"resources\":{\"devices\":[{\"allow\":true,\"access\":\"x\"}]}}", "linux.resources.devices[0].access"),
            ("{\"resources\":{\"unified\":{\"../x\":\"1\"}}}", "linux.resources.unified.../x"),
            ("{\"resources\":{\"cpu\":{\"quota\":1000,\"burst\":2000}}}", "linux.resources.cpu.burst"),
            ("{\"personality\":{\"domain\":\"BSD\"}}", "linux.personality.domain"),
            ("{\"memoryPolicy\":{\"mode\":\"MPOL_X\"}}", "linux.memoryPolicy.mode"),
            ("{\"netDevices\":{\"eth0\":{\"name\":\"a/b\"}}}", "linux.netDevices.eth0"),
        ]
    )
    func wrongLinux(_ linux: String, _ path: String) {
        let error = #expect(throws: JSONError.self) { try Fixtures.linux(linux) }
        #expect(error?.path == path)
    }

    @Test("unknown members are ignored, null counts as absent")
    func extensibility() throws {
        let configuration = try Fixtures.linux("{\"future\":{\"a\":[1]},\"seccomp\":null,\"uidMappings\":null}")
        #expect(configuration.linux.seccomp == nil)
    }

    @Test("unsigned numbers of 64 bits are read exactly")
    func unlimited() throws {
        let members =
            "\"rlimits\":[{\"type\":\"RLIMIT_CORE\",\"soft\":18446744073709551615,\"hard\":18446744073709551615}]"
        #expect(try Fixtures.process(members).process?.limits.first?.hard == .max)
    }

    @Test("any 1.x version is taken, others are not")
    func versions() throws {
        for version in ["1.0.0", "1.0.2-dev", "1.3.0", "1.99.1+build"] {
            _ = try Fixtures.configuration("{\"ociVersion\":\"\(version)\",\"root\":{\"path\":\"r\"}}")
        }
        for version in ["2.0.0", "0.1.0", "1.0", "one", ""] {
            #expect(throws: JSONError.self) {
                try Fixtures.configuration("{\"ociVersion\":\"\(version)\",\"root\":{\"path\":\"r\"}}")
            }
        }
    }

    @Test("a text with a zero byte is refused, since the kernel would cut it there")
    func zeroBytes() {
        #expect(throws: JSONError.self) { try Fixtures.process("\"env\":[\"A=\\u0000B\"]") }
    }
}

@Suite("JSON text from anybody")
struct HostileTextTests {
    @Test("truncated, deep, doubled and garbled texts are one error each")
    func hostile() {
        let deep = String(repeating: "[", count: 100_000)
        for text in ["", "{", "{\"a\":", "[1,]", "{} {}", "nul", deep, "{\"a\":\u{7}}", "\"\\ud800\"x"] {
            #expect(throws: JSONError.self) { try JSONDocument(Array(text.utf8)) }
        }
        #expect(throws: JSONError.self) { try JSONDocument([0x22, 0xFF, 0x22]) }
    }

    /// A fuzz run of fixed seed: mutations of a real configuration either parse or fail with one error.
    @Test("mutated configurations never crash the reader")
    func mutations() {
        var random = SplitMix(seed: 20_261_125)
        let original = Array(Fixtures.text.utf8)
        for _ in 0..<4000 {
            var text = original
            for _ in 0...Int(random.next() % 4) { mutate(&text, &random) }
            guard let document = try? JSONDocument(text), let configuration = try? Configuration(document.root) else {
                continue
            }
            _ = try? SeccompPlanner.filter(configuration.linux.seccomp)
            _ = try? CgroupPlacement.path(configuration.linux.cgroupsPath, container: "c", systemd: false)
        }
    }

    private func mutate(_ text: inout [UInt8], _ random: inout SplitMix) {
        guard !text.isEmpty else { return }
        let place = Int(random.next() % UInt64(text.count))
        switch random.next() % 6 {
        case 0: text[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: text.remove(at: place)
        case 2: text.insert(contentsOf: Array("99999999999999999999".utf8), at: place)
        case 3: text.removeLast(text.count - place)
        case 4: text.insert(contentsOf: Array("{\"a\":[null]}".utf8), at: place)
        default: text.insert(contentsOf: Array("\"\"".utf8), at: place)
        }
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
