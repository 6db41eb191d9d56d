import Profiles
import Testing

@Suite struct DefaultsTests {
    @Test func `a jail is closed unless something is said`() {
        let spec = JailSpec()
        #expect(spec.network.mode.value == .none)
        #expect(spec.effectiveNoNewPrivileges.value)
        #expect(spec.effectiveSeccomp.value == "default")
        #expect(spec.resources.maxProcesses.value.amount == 4096)
        let names = spec.effectiveCapabilities().map(\.value.name)
        #expect(names.contains("NET_BIND_SERVICE"))
        for name in ["SYS_ADMIN", "NET_RAW", "NET_ADMIN", "SYS_MODULE", "SYS_PTRACE"] { #expect(!names.contains(name)) }
        #expect(spec.effectiveMaskedPaths.contains { $0.value == "/proc/kcore" })
    }

    @Test func `a system jail keeps set-user-id programs and gets what an init needs`() {
        let spec = Shelf().jail("  init: system\n").spec
        #expect(!spec.effectiveNoNewPrivileges.value)
        #expect(spec.effectiveSeccomp.value == "system")
        #expect(spec.effectiveStopSignal.value == .powerFailure)
        let names = spec.effectiveCapabilities().map(\.value.name)
        #expect(names.contains("SYS_ADMIN") && names.contains("SYS_BOOT"))
        for name in ["SYS_MODULE", "SYS_RAWIO", "SYS_TIME", "DAC_READ_SEARCH", "BPF", "SYSLOG"] {
            #expect(!names.contains(name))
        }
    }

    @Test(arguments: [
        ("drop: [ALL]", ""), ("drop: [ALL], add: [CHOWN]", "CHOWN"), ("add: [ALL], drop: [ALL]", "all"),
        (
            "drop: [CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID]",
            "SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP"
        ),
    ])
    func `capabilities follow from the list and what was added and dropped`(text: String, left: String) {
        let spec = Shelf().jail("  security: { capabilities: { \(text) } }\n").spec
        let names = spec.effectiveCapabilities().map(\.value.name).joined(separator: " ")
        #expect(names == (left == "all" ? Vocabulary.standard.capabilities.joined(separator: " ") : left))
    }

    @Test func `the names known to a caller are the names allowed`() {
        let vocabulary = Vocabulary(capabilities: ["CHOWN"], seccompPolicies: ["strict"])
        let loader = ProfileLoader(library: ProfileLibrary(find: { _ in nil }), vocabulary: vocabulary)
        let text = Shelf.head + "  security: { seccomp: default, capabilities: { add: [KILL] } }\n"
        #expect(loader.load(file: "f", text: text).findings.count == 2)
    }

    @Test func `best effort covers a key and what is below it`() {
        let spec = Shelf().jail("  bestEffort: [resources.io, resources.memory.high]\n").spec
        #expect(spec.bestEffort(for: "resources.io.read")?.value == "resources.io")
        #expect(spec.bestEffort(for: "resources.memory.high") != nil)
        #expect(spec.bestEffort(for: "resources.memory.max") == nil)
    }

    @Test func `every key of the table is found by its path`() {
        for key in ProfileReference.keys {
            var spec = JailSpec()
            let isFound = spec.reset(key.path)
            #expect(isFound, "\(key.path) is not within the sections of its group")
        }
        #expect(Set(ProfileReference.keys.map(\.path)).count == ProfileReference.keys.count)
    }

    @Test func `completion walks the table level by level`() {
        #expect(ProfileReference.completions(of: "resources.m") == ["resources.memory."])
        #expect(ProfileReference.completions(of: "resources.memory.m") == ["resources.memory.max"])
        #expect(ProfileReference.completions(of: "").contains("template"))
        #expect(ProfileReference.values(of: "init") == ["app", "system"])
        #expect(ProfileReference.values(of: "stop.signal").contains("SIGTERM"))
        #expect(ProfileReference.knob(for: "environment.TZ") == "execve(2)")
    }
}
