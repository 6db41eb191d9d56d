import ControlAPI
import Foundation
import LinuxKernel
import Testing

@testable import Supervisor

@Suite("the store") struct StoreTests {
    static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/bailey-store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `What was begun is known to the next supervisor until it is finished`() throws {
        try Self.withFolder { folder in
            let path = folder + "/state.sqlite"
            let first = try Store(path: path)
            let entry = try first.begin(.recreate, "web", detail: [1, 2, 3])
            try first.remember("web", wanted: true)
            let second = try Store(path: path)
            #expect(
                try second.unfinished() == [
                    JournalEntry(id: entry, jail: "web", operation: .recreate, detail: [1, 2, 3])
                ]
            )
            #expect(try second.wanted() == ["web": true])
            try second.finish(entry)
            #expect(try first.unfinished().isEmpty)
            try second.forget("web")
            #expect(try first.wanted().isEmpty)
        }
    }

    @Test func `A damaged store is put aside and said so`() throws {
        try Self.withFolder { folder in
            let path = folder + "/state.sqlite"
            try Data(repeating: 0x42, count: 9000).write(to: URL(fileURLWithPath: path))
            let store = try Store(path: path)
            #expect(store.warning?.contains("was damaged") == true, "\(store.warning ?? "no warning")")
            _ = try store.append(Event(time: 1, kind: "k", text: "t"))
            let kept = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("damaged") }
            #expect(kept.count == 1)
        }
    }

    @Test func `A store in a place that cannot be written says what to do`() throws {
        let error = #expect(throws: StoreError.self) { try Store(path: "/proc/no/such/state.sqlite") }
        #expect(error?.description.contains("opening the store /proc/no/such/state.sqlite") == true)
    }

    @Test func `Events come back in their order, the newest where there are too many`() throws {
        let store = try Store(path: nil)
        for number in 1...5 {
            _ = try store.append(Event(time: Int64(number), kind: "k", jail: "j\(number % 2)", text: "\(number)"))
        }
        #expect(try store.events(after: 0, jail: nil, tenant: nil, limit: 3).map(\.text) == ["3", "4", "5"])
        #expect(try store.events(after: 2, jail: "j1", tenant: nil, limit: 9).map(\.text) == ["3", "5"])
        try store.dropOld(before: 4)
        #expect(try store.events(after: 0, jail: nil, tenant: nil, limit: 9).map(\.text) == ["4", "5"])
    }
}

@Suite("authority") struct AuthorityTests {
    static let accounts = HostAccounts(
        users: "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n",
        groups: "bailey:x:900:ann\nother:x:901:bob\n"
    )

    static func of(_ uid: UInt32, gid: UInt32 = 5000, users: [String] = []) -> Authority {
        .of(PeerCredentials(pid: 1, uid: uid, gid: gid), accounts, tenants: [("acme", users)])
    }

    @Test func `Root and the group operate, by name or as primary group`() {
        #expect(Self.of(0) == .operation)
        #expect(Self.of(1000) == .operation)
        #expect(Self.of(1001, gid: 900) == .operation)
    }

    @Test func `A tenant's users see its jails, everybody else none`() {
        #expect(Self.of(1001, users: ["bob"]) == .tenants(["acme"]))
        #expect(Self.of(1001) == .tenants([]))
        #expect(Self.of(4242, users: ["bob"]) == .tenants([]))
        #expect(Self.of(1001, users: ["bob"]).sees("acme") && !Self.of(1001, users: ["bob"]).sees("other"))
    }
}

@Suite("figures") struct FigureTests {
    @Test func `A month has its hours`() {
        #expect(Month("1970-01")?.hours == 0..<744)
        #expect(Month("2024-02").map { $0.hours.count } == 29 * 24)
        #expect(Month("2026-12").map { $0.hours.lowerBound } == 498_912)
        #expect(Month("2026-13") == nil && Month("x") == nil)
    }

    @Test func `Metrics escape what a name could hold`() {
        let family = OpenMetrics.Family(name: "a", type: "counter", help: "h", samples: [([("l", "x\"\n\\")], "1")])
        #expect(OpenMetrics.text([family]) == "# TYPE a counter\n# HELP a h\na_total{l=\"x\\\"\\n\\\\\"} 1\n# EOF\n")
    }

    @Test func `Jails are started in waves, and circles end`() {
        let needs: [String: Dependencies.Needs] = [
            "web": .init(requires: ["db"], after: ["cache"]), "db": .init(), "cache": .init(after: ["db"]),
        ]
        #expect(Dependencies.waves(needs) == [["db"], ["cache"], ["web"]])
        #expect(Dependencies.before("web") { needs[$0] } == ["db"])
        let circle: [String: Dependencies.Needs] = ["a": .init(requires: ["b"]), "b": .init(requires: ["a"])]
        #expect(Dependencies.before("a") { circle[$0] } == nil)
        #expect(Dependencies.waves(circle) == [["a", "b"]])
    }
}
