import Allocation
import ControlAPI
import Engine
import Foundation
import Logging
import Storage
import Testing

@testable import Supervisor

@Suite("the API and its description") struct RouteTests {
    static func supervisor() throws -> Supervisor {
        let engine = Engine(layout: StateLayout(root: "/tmp/bailey-no-such-root"), searchPath: [], initProgram: "/none")
        let capacity = Capacity(total: Amounts(cpu: 1, memory: 1, disk: 1))
        return try Supervisor(engine, try Store(path: nil), .init(capacity: capacity), logger: Logger(label: "test"))
    }

    static func document() throws -> [String: Any] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/openapi.json")
        return try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
    }

    @Test func `Every way in is described, and nothing else is`() throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
        let served = Set(Routes(try Self.supervisor()).all.map { "\($0.method.rawValue) \($0.path)" })
        #expect(described == served)
    }

    @Test func `Every field of an answer is described, with its type`() throws {
        let components = try #require(try Self.document()["components"] as? [String: Any])
        let schemas = try #require(components["schemas"] as? [String: [String: Any]])
        var jail = JailSummary(name: "n", tenant: "t", state: "running")
        (jail.pid, jail.started, jail.exitStatus, jail.health) = (1, 1, 1, "healthy")
        var figures = Figures(name: "n", tenant: "t")
        figures.memoryLimit = 1
        var usage = Usage(name: "n", month: "m")
        usage.unknown = ["x"]
        let samples: [(String, any Encodable)] = [
            ("JailSummary", jail), ("Figures", figures), ("Usage", usage),
            ("Event", Event(time: 1, kind: "k", text: "t")),
            ("DeclarationOutcome", DeclarationOutcome(name: "n", change: "c")),
            ("JailOutcome", JailOutcome(name: "n", done: "d", error: "e")), ("Problem", Problem(kind: "k", error: "e")),
            ("ServerVersion", ServerVersion(version: "1", pid: 1, warning: "w")),
            ("TenantSummary", TenantSummary(name: "n", parent: "p", jails: 1, running: 1, settings: [:], users: [])),
        ]
        for (name, sample) in samples {
            let value = try JSONSerialization.jsonObject(with: JSONEncoder().encode(sample)) as? [String: Any]
            let properties = try #require(schemas[name]?["properties"] as? [String: Any], "\(name)")
            #expect(Set(value?.keys.map { $0 } ?? []) == Set(properties.keys), "\(name)")
        }
    }
}
