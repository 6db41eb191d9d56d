import Profiles
import Testing

@Suite struct InheritanceTests {
    private func shelf(_ files: [String: String]) -> Shelf { Shelf(files: files.mapValues(Shelf.profile)) }

    @Test func `own values win over parents, later parents over earlier ones`() {
        let shelf = shelf([
            "a": "  oomScore: 1\n  hostname: a\n  workingDirectory: /a\n", "b": "  oomScore: 2\n  hostname: b\n",
        ])
        let result = shelf.jail("  extends: [a, b]\n  oomScore: 3\n")
        #expect(result.findings.isEmpty)
        #expect(result.spec.oomScore == Setting(3, .file("jail.yaml", line: 6, column: 13)))
        #expect(result.spec.hostname == Setting("b", .file("shelf/b.yaml", line: 5, column: 13)))
        #expect(result.spec.workingDirectory == Setting("/a", .file("shelf/a.yaml", line: 4 + 2, column: 21)))
        #expect(result.spec.profiles.map(\.value) == ["a", "b"])
    }

    @Test func `what two parents share does not undo what the first one changed`() {
        let shelf = shelf([
            "base": "  oomScore: 1\n", "a": "  extends: [base]\n  oomScore: 2\n",
            "b": "  extends: [base]\n  hostname: b\n",
        ])
        #expect(shelf.jail("  extends: [a, b]\n").spec.oomScore?.value == 2)
    }

    @Test func `mappings merge, lists replace, named items join`() {
        let shelf = shelf([
            "p": """
              environment: { A: "1", B: "2" }
              command: [one, two]
              mounts: [{ source: /a, target: /m }, { source: /b, target: /n }]
              resources: { memory: { max: 1GiB, swap: 0 } }
              security: { capabilities: { add: [NET_ADMIN], drop: [CHOWN] }, maskedPaths: [/x] }
              dns: { search: [one.example] }

            """
        ])
        let spec = shelf.jail(
            """
              extends: [p]
              environment: { B: "3", C: "4" }
              command: [three]
              mounts: [{ source: /c, target: /m, readOnly: true }]
              resources: { memory: { max: 2GiB } }
              security: { capabilities: { add: [CHOWN], drop: [NET_ADMIN] }, maskedPaths: [/y] }
              dns: { search: [two.example] }

            """
        ).spec
        #expect(spec.environment.map { "\($0.value.name)=\($0.value)" }.dropFirst() == ["A=1", "B=3", "C=4"])
        #expect(spec.command?.value == ["three"])
        #expect(spec.mounts.map(\.value.source) == ["/c", "/b"])
        #expect(spec.resources.memory.max?.value.amount?.bytes == 2 << 30)
        #expect(spec.resources.memory.swap?.value.amount?.bytes == 0)
        #expect(spec.security.addedCapabilities.map(\.value.name) == ["CHOWN"])
        #expect(spec.security.droppedCapabilities.map(\.value.name) == ["NET_ADMIN"])
        #expect(spec.security.maskedPaths.map(\.value) == ["/x", "/y"])
        #expect(spec.dns.search?.value == ["two.example"])
    }

    @Test func `null takes the default again, or an inherited item away`() {
        let shelf = shelf([
            "p":
                "  oomScore: 5\n  environment: { A: x }\n  resources: { memory: { max: 1GiB, swap: 0 }, pids: { max: 9 } }\n"
        ])
        let spec = shelf.jail(
            "  extends: [p]\n  oomScore: null\n  environment: { A: ~, PATH: null }\n  resources: { memory: ~, pids: { max: null } }\n"
        ).spec
        #expect(spec.oomScore == nil)
        #expect(spec.environment.isEmpty)
        #expect(spec.resources.memory.max == nil && spec.resources.memory.swap == nil)
        #expect(spec.resources.maxProcesses == JailSpec().resources.maxProcesses)
    }

    @Test func `a root of one kind makes an inherited one of the other kind forgotten`() {
        let shelf = shelf(["p": "  template: debian\n"])
        let result = shelf.jail("  extends: [p]\n  rootfs: /srv/root\n  command: [x]\n")
        #expect(result.findings.isEmpty && result.spec.check().isEmpty)
        #expect(result.spec.template == nil && result.spec.rootfs?.value == "/srv/root")
    }

    @Test func `profiles that extend each other are refused with the way around`() throws {
        let shelf = shelf(["a": "  extends: [b]\n", "b": "  extends: [c]\n", "c": "  extends: [a]\n"])
        let found = shelf.jail("  extends: [a]\n").findings
        #expect(
            found.map(\.description) == [
                "shelf/c.yaml:4:13: error: spec.extends: profiles extend each other: a → b → c → a"
            ]
        )
    }

    @Test func `an unknown profile is a finding with a suggestion`() {
        let found = shelf(["webhost/small": ""]).jail("  extends: [webhost/smal]\n").findings
        #expect(
            found.map(\.description) == [
                "jail.yaml:5:13: error: spec.extends: there is no profile \"webhost/smal\" (did you mean webhost/small?)"
            ]
        )
    }

    @Test func `a chain without end is cut`() {
        var files: [String: String] = [:]
        for index in 0..<40 { files["p\(index)"] = "  extends: [p\(index + 1)]\n" }
        let found = shelf(files).jail("  extends: [p0]\n").findings
        #expect(found.count == 1 && found[0].message.contains("extend one another"))
    }

    @Test(arguments: ["../secret", "/etc/passwd", "a/../b", "a//b", "a/", ".hidden", "A", "a\\0"])
    func `a name cannot lead out of the folders`(name: String) {
        let result = shelf([:]).jail("  extends: [\"\(name)\"]\n")
        #expect(result.findings.count == 1)
        #expect(result.findings.first?.message.contains("is not a name") == true)
    }

    @Test func `only profiles can be extended`() {
        let shelf = Shelf(files: ["j": Shelf.head, "many": "---\n" + Shelf.profile("") + "---\n" + Shelf.profile("")])
        #expect(shelf.jail("  extends: [j]\n").findings.first?.message.contains("is a jail") == true)
        #expect(shelf.jail("  extends: [many]\n").findings.first?.message.contains("2 documents") == true)
    }

    @Test func `findings of a parent name the parent's file`() {
        let found = shelf(["p": "  oomScore: x\n"]).jail("  extends: [p]\n  hostnam: y\n").findings
        #expect(found.map(\.file) == ["shelf/p.yaml", "jail.yaml"])
    }

    @Test func `a loader that fails is a finding`() {
        struct Refused: Error {}
        let loader = ProfileLoader(library: ProfileLibrary(find: { _ in throw Refused() }))
        #expect(
            loader.load(profiles: ["a"]).findings.map(\.description) == [
                "--profile: error: the profile \"a\" cannot be read: Refused()"
            ]
        )
    }
}
