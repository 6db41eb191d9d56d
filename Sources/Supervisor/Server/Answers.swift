import ControlAPI
import Engine
import FoundationEssentials
import Hummingbird
import Profiles

/// Values and failures as responses.
enum Answers {
    static func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return bytes(Array(try encoder.encode(value)), "application/json", status)
    }

    static func bytes(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }

    static func decode<Body: Decodable>(
        _ request: Request,
        _ context: APIContext,
        as type: Body.Type
    ) async throws -> Body {
        try read(try await body(request, context), as: type)
    }

    /// A body that may be left out.
    static func decodeIfAny<Body: Decodable>(
        _ request: Request,
        _ context: APIContext,
        as type: Body.Type
    ) async throws -> Body? {
        let body = try await body(request, context)
        return body.isEmpty ? nil : try read(body, as: type)
    }

    private static func body(_ request: Request, _ context: APIContext) async throws -> Data {
        var request = request
        do { return Data(try await request.collectBody(upTo: context.maxUploadSize).readableBytesView) } catch {
            throw Problem(
                kind: "invalid",
                error: "reading the request: it is larger than \(context.maxUploadSize) bytes, or broke off"
            )
        }
    }

    private static func read<Body: Decodable>(_ bytes: Data, as type: Body.Type) throws -> Body {
        do { return try JSONDecoder().decode(Body.self, from: bytes) } catch {
            throw Problem(
                kind: "invalid",
                error: "reading the request: its body is not the JSON that is expected here: see docs/openapi.json"
            )
        }
    }

    static func problem(_ error: any Error) -> Response {
        let problem = told(error)
        let status: HTTPResponse.Status =
            switch problem.kind {
            case "invalid": .badRequest
            case "denied": .forbidden
            case "notFound": .notFound
            case "conflict": .conflict
            case "refused": .unprocessableContent
            default: .internalServerError
            }
        return (try? json(problem, status)) ?? Response(status: status)
    }

    private static func told(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as EngineError:
            let kind: String =
                switch error {
                case .invalid: "invalid"
                case .noSuchJail: "notFound"
                case .nameTaken, .notRunning, .stillRunning: "conflict"
                case .refused: "refused"
                default: "failed"
                }
            return Problem(kind: kind, error: "\(error)")
        case let error as HTTPError:
            return Problem(
                kind: error.status == .notFound ? "notFound" : "invalid",
                error: error.body ?? "asking for this: there is nothing here, or not by this method: see docs/api.md"
            )
        default: return Problem(kind: "failed", error: "\(error)")
        }
    }
}
