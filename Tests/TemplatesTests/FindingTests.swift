import LinuxKernel
import Testing

@testable import Templates

@Suite struct `Reading template files` {
    private func findings(_ text: String, known: [String]? = nil) -> [TemplateFinding] {
        do {
            _ = try TemplateFile.parse(text, file: "t.yaml", directory: "/nonexistent", known: known)
            return []
        } catch TemplateError.invalid(let findings) {
            return findings
        } catch {
            Issue.record("\(error)")
            return []
        }
    }

    private let head = "apiVersion: bailey/v1\nkind: Template\nmetadata: { name: web }\n"

    @Test func `all findings come at once, in order, with position, key path and suggestion`() {
        let text =
            head + """
                spec:
                  form: empty
                  from: empty
                  steps:
                    - pakages: [nginx]
                    - file: { path: etc/motd, content: hi, mode: "0999" }
                    - run: { script: "true", comand: [x] }
                    - user: { name: Web, uid: 70000 }
                  defaults: { init: sistem }
                """
        let found = findings(text).map(\.description)
        #expect(
            found == [
                "t.yaml:5:3: spec.form: unknown key; did you mean \"from\"?",
                "t.yaml:8:7: spec.steps[0].pakages: unknown step; did you mean \"packages\"?",
                "t.yaml:9:21: spec.steps[1].file.path: an absolute path without \"..\" belongs here",
                "t.yaml:9:50: spec.steps[1].file.mode: octal permission bits belong here, such as \"0644\"",
                "t.yaml:10:30: spec.steps[2].run.comand: unknown key; did you mean \"command\"?",
                "t.yaml:11:13: spec.steps[3].user: \"Web\" cannot be the name of an account",
                "t.yaml:11:31: spec.steps[3].user.uid: a number from 0 to 65535 belongs here",
                "t.yaml:12:21: spec.defaults.init: one of app, system belongs here; did you mean \"system\"?",
            ]
        )
    }

    @Test func `a template it cannot stand on is named with the nearest that exists`() {
        let found = findings(head + "spec: { from: { template: debain } }", known: ["busybox", "debian"])
        #expect(found.map(\.suggestion) == ["debian"])
        #expect(found.first?.line == 4)
        #expect(found.first?.column == 27)
    }

    @Test func `an argument that is not declared is found, a declared one replaced`() throws {
        let found = findings(
            head + "spec: { arguments: { release: x }, from: { mmdebstrap: { release: '${relase}' } } }"
        )
        #expect(found.map(\.suggestion) == ["release"])
        let good = head + "spec: { arguments: { release: trixie }, from: { mmdebstrap: { release: '${release}' } } }"
        let template = try TemplateFile.parse(good, file: "t", directory: "/", arguments: ["release": "sid"])
        guard case .debian(let debian) = template.source else {
            Issue.record("not Debian")
            return
        }
        #expect(debian.archive.release == "sid")
        #expect(throws: TemplateError.unknownArgument(name: "relaese", template: "web", suggestion: "release")) {
            try TemplateFile.parse(good, file: "t", directory: "/", arguments: ["relaese": "sid"])
        }
    }

    @Test(arguments: [
        ("a: [", 1), ("apiVersion: x\napiVersion: y\n", 1), ("", 1), ("- just\n- a list\n", 1), ("a: b\n\tc: d\n", 2),
        ("a: b\nc: \u{7}\n", 2), ("a: b\n---\na: b\n", 2),
    ])
    func `what is not a YAML mapping is one finding with a position`(_ text: String, _ line: Int) {
        let found = findings(text)
        #expect(found.count == 1)
        #expect(found.first.map { $0.line >= line && $0.column >= 1 } == true)
    }

    @Test func `a text that repeats itself through aliases, or nests without end, is one finding`() {
        let bomb = (1..<30).reduce("a0: &a0 x\n") { text, level in
            text + "a\(level): &a\(level) [" + String(repeating: "*a\(level - 1),", count: 10) + "]\n"
        }
        #expect(findings(bomb).map { $0.message.contains("more than 100000 values") } == [true])
        #expect(findings(String(repeating: "[", count: 100_000)).count == 1)
    }

    @Test(arguments: [
        "packages: [--option]", "packages: [Nginx]", "packages: []", "copy: { from: ../x, to: /x }", "run: {}",
        "copy: { from: missing, to: /x }", "symlink: { path: /x }", "file: { path: /a/../b, content: '' }", "run: []",
        "user: { name: x, shell: '/bin/sh:0' }", "directory: { path: /x, moed: 1 }", "extract: { only: [/x] }",
    ])
    func `a step that makes no sense is refused`(_ step: String) {
        #expect(findings(head + "spec:\n  from: empty\n  steps:\n    - \(step)\n").isEmpty == false)
    }

    @Test(arguments: ["[trusted=yes] http://x/", "http://x/ bookworm", "ftp://x", "deb http://x"])
    func `a mirror cannot smuggle options into apt's sources`(_ mirror: String) {
        #expect(findings(head + "spec: { from: { mmdebstrap: { release: sid, mirror: '\(mirror)' } } }").count == 1)
    }

    @Test func `every shipped template reads without a finding`() throws {
        let catalog = TemplateCatalog(directories: [shippedTemplates])
        #expect(
            catalog.names() == [
                "busybox", "debian", "debian-build", "debian-db", "debian-lamp", "debian-stress", "debian-web",
            ]
        )
        for name in catalog.names() {
            _ = try catalog.load(name)
            #expect(Files.exists("\(shippedTemplates)/\(name)/README.md"))
        }
    }

    @Test func `an unknown name is answered with the nearest in the catalog`() {
        #expect(throws: TemplateError.unknown(name: "busibox", suggestion: "busybox")) {
            try TemplateCatalog(directories: [shippedTemplates]).load("busibox")
        }
        #expect(throws: TemplateError.badName("../etc")) {
            try TemplateCatalog(directories: [shippedTemplates]).load("../etc")
        }
    }
}

/// `rootfs-templates` of the working copy.
let shippedTemplates = "\(#filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" })/rootfs-templates"
