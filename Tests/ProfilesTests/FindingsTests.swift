import Foundation
import Profiles
import Testing

@Suite struct FindingsTests {
    @Test func `an awful file is answered with everything that is wrong with it`() throws {
        let text = try repositoryFile("Tests/ProfilesTests/awful.yaml")
        let shelf = Shelf(files: ["webhost/small": Shelf.profile("  init: app\n")])
        let found = shelf.loader.load(file: "awful.yaml", text: text).findings
        let lines = found.map(\.description).joined(separator: "\n") + "\n"
        let golden = "Tests/ProfilesTests/awful.findings"
        if ProcessInfo.processInfo.environment["BAILEY_UPDATE_REFERENCE"] == "1" {
            try lines.write(toFile: repository + golden, atomically: true, encoding: .utf8)
        }
        #expect(lines == (try? repositoryFile(golden)))
    }

    @Test func `a finding is one line with place, key, message and suggestion`() {
        let finding = Finding(
            file: "a.yaml",
            line: 3,
            column: 7,
            keyPath: "spec.init",
            message: "bad",
            suggestion: "app"
        )
        #expect(finding.description == "a.yaml:3:7: error: spec.init: bad (did you mean app?)")
        #expect(Finding(.warning, file: "--cpus", message: "odd").description == "--cpus: warning: odd")
    }

    @Test(arguments: [
        ("comand: [x]", "command"), ("image: x", "spec.template"), ("volumes: []", "spec.mounts"),
        ("cap_add: [X]", "spec.security.capabilities.add"), ("memory: 1GiB", "spec.resources.memory"),
        ("ulimits: {}", "limits"), ("rlimits: {}", "limits"), ("env: {}", "spec.environment"),
        ("ports: []", "spec.network.publish"),
        ("working_dir: /", "spec.workingDirectory"), ("read_only: true", "spec.security.readOnlyRoot"),
        ("shm_size: 1MiB", "spec.shm.size"), ("shm.size: 1MiB", "shm: { size: … }"),
        ("resources: { memory: { limit: 1GiB } }", "spec.resources.memory.max"),
    ])
    func `a key of another system leads to ours`(line: String, meant: String) throws {
        let text = try #require(finding(line))
        #expect(text.hasSuffix("(did you mean \(meant)?)"), "\(text)")
    }

    @Test(arguments: [
        ("template: debian\n  rootfs: /srv", "a jail has a template or a rootfs"),
        ("resources: { memory: { high: 2GiB, max: 1GiB } }", "2GiB is more than max, 1GiB"),
        ("resources: { cpu: { guarantee: 2, max: 1 } }", "200% is more than max, 100%"),
        ("resources: { cpu: { guarantee: 3, cpus: 0-1 } }", "more than cpus 0-1 can give"),
        ("resources: { cpu: { burst: 50ms } }", "without max"),
        ("resources: { cpu: { max: 10%, burst: 50ms } }", "more than max gives in a period"),
        ("resources: { hugetlb: { 2MiB: 3MiB } }", "not a whole number of pages"),
        ("security: { capabilities: { add: [CHOWN], drop: [CAP_chown] } }", "CHOWN is in add as well"),
        ("network: { mode: bridge, publish: [\"80:80\", \"127.0.0.1:80:81\"] }", "takes the host's port"),
        ("network: { mode: none, publish: [\"80:80\"] }", "mode none has no ports"),
        ("network: { mode: none, publish: { http: a.example } }", "has no address that the host's proxy reaches"),
        ("network: { publish: [{ gopher: a.example }] }", "a site is http: NAME or https: NAME"),
        ("network: { mode: host }\n  sysctls: { net.ipv4.ip_forward: 1 }", "no network namespace of its own"),
        ("health: { tcp: \":80\", http: \"http://:80/\" }", "http and tcp are given"),
        ("restart: { delay: 2min, maxDelay: 1min }", "more than maxDelay"),
        ("mounts: [{ source: /a, target: /b/c }, { source: /d, target: /b }]", "hides the earlier mount"),
    ])
    func `what cannot be true together is a finding`(line: String, words: String) throws {
        let text = try #require(finding(line))
        #expect(text.contains(words), "\(text)")
    }

    @Test func `a spec is complete with a root and a command, or with its own init`() {
        var spec = JailSpec()
        #expect(spec.check().map(\.keyPath) == ["spec.template", "spec.command"])
        #expect(spec.override("template", with: "busybox", flag: "--template").isEmpty)
        #expect(spec.check().map(\.keyPath) == ["spec.command"])
        #expect(spec.override("init", with: "system", flag: "--init").isEmpty)
        #expect(spec.check().isEmpty)
        #expect(spec.effectiveCommand?.value == ["/sbin/init"])
    }

    @Test(arguments: ["Tenant", "Template"]) func `other kinds are told apart from errors`(kind: String) throws {
        let found = Shelf().loader.load(file: "f", text: "apiVersion: bailey/v1\nkind: \(kind)\n").findings
        #expect(try #require(found.first).description.hasPrefix("f:2:7: error: kind: kind \(kind) "))
    }

    @Test(arguments: ["..", "a..b", "-a", "A", "a b", "", "a/b", String(repeating: "a", count: 64), "ü", ".a"])
    func `a name that would not do as a path or a cgroup is refused`(name: String) {
        let text = "apiVersion: bailey/v1\nkind: Jail\nmetadata: { name: \"\(name)\" }\n"
        #expect(Shelf().loader.load(file: "f", text: text).findings.hasErrors)
    }

    @Test func `a jail without a name is refused, a profile needs none`() {
        let jail = Shelf().loader.load(file: "f", text: "apiVersion: bailey/v1\nkind: Jail\n")
        #expect(jail.findings.map(\.keyPath) == ["metadata.name"])
        #expect(Shelf().loader.load(file: "f", text: Shelf.profile("  init: app\n")).findings.isEmpty)
    }
}
