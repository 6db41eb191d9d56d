import ControlAPI
import Engine
import StartCommands

/// The supervisor of this host, where one runs.
///
/// Commands that change a jail go through it then, so that it knows and keeps its promises; without one they do it
/// themselves.
struct Control {
    let client: ControlClient

    /// nil where nobody listens.
    init?(_ engine: Engine) {
        client = ControlClient(path: engine.layout.runtime + "/bailey.sock")
        guard client.isThere else { return nil }
    }

    /// For what only a supervisor can do.
    static func required(_ engine: Engine, for attempt: String) throws -> Control {
        guard let control = Control(engine) else {
            throw CommandFailure(
                message: "\(attempt): this needs the supervisor, and none runs: start baileyd",
                status: 1
            )
        }
        return control
    }

    func jail(_ name: String, _ verb: String, _ body: EndRequest? = nil) throws -> JailSummary {
        try client.call("POST", "/v1/jails/\(ControlClient.word(name))/\(verb)", body, as: JailSummary.self)
    }

    func jails() throws -> [JailSummary] { try client.call("GET", "/v1/jails", as: [JailSummary].self) }

    func remove(_ name: String, force: Bool) throws {
        try client.send("DELETE", "/v1/jails/\(ControlClient.word(name))\(force ? "?force=true" : "")")
    }

    func declare(_ kind: String, _ name: String, _ body: JailDeclaration) throws -> DeclarationOutcome {
        try client.call("PUT", "/v1/\(kind)s/\(ControlClient.word(name))", body, as: DeclarationOutcome.self)
    }
}
