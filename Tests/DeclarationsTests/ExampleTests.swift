import Engine
import Foundation
import Profiles
import Storage
import Testing

@testable import Declarations

@Suite("sets of declarations") struct ExampleTests {
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let engine = Engine(
        layout: StateLayout(root: "/tmp/bailey-no-such-root"),
        searchPath: [repository],
        initProgram: "/none"
    )

    @Test func `The example of three tenants is without findings`() throws {
        let set = try DeclaredSet.read([Self.repository + "/profiles/examples/three-tenants"], Self.engine)
        #expect(set.findings.isEmpty, "\(set.findings)")
        #expect(set.tenants.keys.sorted() == ["acme", "bakery", "reseller"])
        #expect(set.jails.keys.sorted() == ["acme-db", "acme-web", "bakery-shop", "reseller-panel"])
        #expect(set.tenants["bakery"]?.spec.parent?.value == "reseller")
        let web = try #require(set.jails["acme-web"])
        #expect(web.spec.resources.memory.max?.origin.description.hasSuffix("jails.yaml:10:38") == true)
        // What was kept reads the same without the files.
        let kept = DeclarationReader.resolve(web.declaration)
        #expect(SpecDifference(from: web.spec, to: kept.spec).effort == .none)
    }

    @Test func `Each change takes the effort that it needs, and no more`() throws {
        var old = JailSpec()
        _ = old.override("resources.memory.max", with: "64MiB", flag: "x")
        func effort(_ key: String, _ value: String) -> SpecDifference.Effort {
            var new = old
            #expect(new.override(key, with: value, flag: "y").isEmpty)
            return SpecDifference(from: old, to: new).effort
        }
        #expect(effort("resources.memory.max", "64MiB") == .none)
        #expect(effort("resources.memory.max", "65MiB") == .live)
        #expect(effort("restart.policy", "always") == .note)
        #expect(effort("hostname", "x") == .restart)
    }

    @Test func `Names that are declared twice, circles of tenants and unknown keys are found`() {
        func findings(_ text: String) -> String {
            var set = DeclaredSet(Self.engine)
            set.take([("f.yaml", text)])
            return set.findings.map(\.description).joined(separator: "\n")
        }
        let head = "apiVersion: bailey/v1\nkind: Tenant\nmetadata: { name: a }\n"
        #expect(findings(head + "---\n" + head).contains("f.yaml:7:19: error: metadata.name: tenant a"))
        #expect(findings(head + "spec: { parent: a }\n").contains("parts of each other"))
        #expect(findings(head + "spec: { parrent: a }\n").contains("did you mean parent?"))
        #expect(findings(head + "spec: { resources: { memory: { max: 1 } } }\n").contains("error"))
    }
}
