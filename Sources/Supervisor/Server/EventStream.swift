import ControlAPI
import FoundationEssentials
import Hummingbird

/// Events as lines of JSON: what is kept, and with `follow=true` what comes.
struct EventStream: Sendable {
    private let supervisor: Supervisor
    private let authority: Authority
    private let since: Int64
    private let limit: Int
    private let follows: Bool
    private let jail: String?
    private let tenant: String?

    init(_ supervisor: Supervisor, _ authority: Authority, _ request: Request) throws {
        (self.supervisor, self.authority) = (supervisor, authority)
        let query = request.uri.queryParameters
        since = query["since"].flatMap { Int64($0) } ?? 0
        limit = min(max(query["limit"].flatMap { Int($0) } ?? 100, 0), 10_000)
        follows = query["follow"] == "true"
        jail = query["jail"].map(String.init)
        tenant = query["tenant"].map(String.init)
    }

    private func shows(_ event: Event) -> Bool {
        (jail == nil || event.jail == jail) && (tenant == nil || event.tenant == tenant)
            && (authority == .operation || authority.sees(event.tenant))
    }

    private static func line(_ event: Event) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: Array((try? encoder.encode(event)) ?? Data()) + [10])
    }

    /// What is kept, the newest where there is more than was asked for; of a tenant's user, of all that he may see.
    private func past() throws -> [Event] {
        var tenants = [tenant]
        if case .tenants(let own) = authority { tenants = own.filter { tenant == nil || $0 == tenant } }
        let events = try tenants.flatMap {
            try supervisor.store.events(after: since, jail: jail, tenant: $0, limit: limit)
        }
        return Array(events.sorted { $0.id < $1.id }.suffix(limit))
    }

    func response() async throws -> Response {
        // First the ear, then the past: nothing falls between the two, and nothing is told twice.
        let coming = follows ? await supervisor.listeners.listen() : nil
        let past = try past()
        let body = ResponseBody { writer in
            var last: Int64 = 0
            for event in past {
                try await writer.write(Self.line(event))
                last = event.id
            }
            if let coming {
                for await event in coming where shows(event) && event.id > last {
                    try await writer.write(Self.line(event))
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}
