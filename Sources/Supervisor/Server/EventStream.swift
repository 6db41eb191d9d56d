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

    init(_ supervisor: Supervisor, _ authority: Authority, _ request: Request) throws {
        (self.supervisor, self.authority) = (supervisor, authority)
        let query = request.uri.queryParameters
        since = query["since"].flatMap { Int64($0) } ?? 0
        limit = min(max(query["limit"].flatMap { Int($0) } ?? 100, 0), 10_000)
        follows = query["follow"] == "true"
        jail = query["jail"].map(String.init)
    }

    private func shows(_ event: Event) -> Bool {
        (jail == nil || event.jail == jail) && (authority == .operation || authority.sees(event.tenant))
    }

    private static func line(_ event: Event) -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: Array((try? encoder.encode(event)) ?? Data()) + [10])
    }

    func response() async throws -> Response {
        // First the ear, then the past: nothing falls between the two, and nothing is told twice.
        let coming = follows ? await supervisor.listeners.listen() : nil
        let past = try supervisor.store.events(after: since, jail: jail, tenant: nil, limit: limit).filter(shows)
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
