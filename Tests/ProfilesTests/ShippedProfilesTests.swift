import Foundation
import Profiles
import Testing

@Suite struct ShippedProfilesTests {
    @Test(arguments: [
        "base/secure", "webhost/small", "webhost/typical", "webhost/high-end", "webhost/php", "system/debian",
        "batch/worker", "locked-down",
    ])
    func `every shipped profile is without findings`(name: String) throws {
        let loader = ProfileLoader(library: shippedLibrary())
        let path = "profiles/\(name).yaml"
        #expect(loader.load(file: path, text: try repositoryFile(path)).findings.isEmpty)
        #expect(loader.load(profiles: [name]).findings.isEmpty)
    }

    @Test(arguments: ["hello", "web1"]) func `every example can be started`(name: String) throws {
        let path = "profiles/examples/\(name).yaml"
        let resolution = ProfileLoader(library: shippedLibrary()).load(file: path, text: try repositoryFile(path))
        #expect(resolution.findings.isEmpty)
        #expect(resolution.spec.check().isEmpty)
        #expect(resolution.spec.name?.value == name)
    }

    @Test func `no shipped file is left out of these tests`() throws {
        let files = FileManager.default.enumerator(atPath: repository + "profiles")
        var count = 0
        while let name = files?.nextObject() as? String {
            if name.hasSuffix(".yaml"), !name.hasPrefix("seccomp/") { count += 1 }
        }
        #expect(count == 12)
    }

    @Test func `limits that protect neighbours are never best effort`() {
        for name in ["webhost/small", "webhost/typical", "webhost/high-end", "batch/worker", "locked-down"] {
            let spec = ProfileLoader(library: shippedLibrary()).load(profiles: [name]).spec
            for key in ["resources.memory.max", "resources.pids.max", "resources.cpu.max"] {
                #expect(spec.bestEffort(for: key) == nil)
            }
            #expect(spec.bestEffort(for: "resources.memory.high") != nil)
            #expect(spec.resources.memory.max != nil)
        }
    }

    @Test func `locked-down keeps no capability and no writable root`() {
        let spec = ProfileLoader(library: shippedLibrary()).load(profiles: ["locked-down"]).spec
        #expect(spec.effectiveCapabilities().isEmpty)
        #expect(spec.security.readOnlyRoot.value)
        #expect(spec.effectiveNoNewPrivileges.value)
    }

    @Test func `the committed reference is the one that the table gives`() throws {
        let path = "docs/profile-reference.md"
        let text = ProfileReference.markdown()
        if ProcessInfo.processInfo.environment["BAILEY_UPDATE_REFERENCE"] == "1" {
            try FileManager.default.createDirectory(atPath: repository + "docs", withIntermediateDirectories: true)
            try text.write(toFile: repository + path, atomically: true, encoding: .utf8)
        }
        #expect(
            (try? repositoryFile(path)) == text,
            "\(path) is out of date: BAILEY_UPDATE_REFERENCE=1 swift test --filter ProfilesTests writes it anew"
        )
    }
}
