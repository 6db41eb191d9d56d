import ControlAPI
import Declarations
import Engine
import Hummingbird
import LinuxKernel
import Profiles

/// Every way in, with who may go it.
///
/// `docs/openapi.json` describes them; a test compares the two.
struct Routes: Sendable {
    let supervisor: Supervisor

    init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    /// One way in.
    struct Route: Sendable {
        let method: HTTPRequest.Method
        /// As OpenAPI writes it.
        let path: String
        let answer: @Sendable (Request, APIContext, Authority) async throws -> Response
    }

    var router: Router<APIContext> {
        let router = Router(context: APIContext.self)
        for route in all {
            router.on(RouterPath(route.path), method: route.method) { request, context in
                do {
                    return try await route.answer(request, context, await supervisor.authority(of: context.peer))
                } catch {
                    return Answers.problem(error)
                }
            }
        }
        return router
    }

    var all: [Route] { host + jails + operations + tenants }

    // MARK: the host

    private var host: [Route] {
        [
            Route(method: .get, path: "/v1/version") { _, _, _ in try Answers.json(await supervisor.version()) },
            Route(method: .get, path: "/v1/openapi.json") { _, _, _ in
                Answers.bytes(Array(try OpenAPIDocument.text(supervisor.engine).utf8), "application/json")
            },
            Route(method: .get, path: "/v1/capacity") { _, _, authority in
                try authority.requireOperation("reading the capacity")
                return try Answers.json(await supervisor.capacity())
            },
            Route(method: .get, path: "/v1/events") { request, _, authority in
                try await EventStream(supervisor, authority, request).response()
            },
            Route(method: .get, path: "/v1/stats") { _, _, authority in
                try Answers.json(await supervisor.sampler.figures().filter { authority.sees($0.tenant) })
            },
            Route(method: .get, path: "/metrics") { _, _, authority in
                try authority.requireOperation("reading metrics")
                return Answers.bytes(Array(await supervisor.metrics().utf8), OpenMetrics.contentType)
            },
            Route(method: .post, path: "/v1/set") { request, context, authority in
                try authority.requireOperation("changing limits")
                let body = try await Answers.decode(request, context, as: SetRequest.self)
                return try Answers.json(await supervisor.set(body))
            },
        ]
    }

    // MARK: jails

    private var jails: [Route] {
        [
            Route(method: .get, path: "/v1/jails") { _, _, authority in
                await supervisor.lookAround()
                return try Answers.json(await supervisor.summaries(authority.sees))
            },
            Route(method: .get, path: "/v1/jails/{name}") { _, context, authority in
                try Answers.json(await seen(context, authority).summary())
            },
            Route(method: .put, path: "/v1/jails/{name}") { request, context, authority in
                try authority.requireOperation("declaring a jail")
                let body = try await Answers.decode(request, context, as: JailDeclaration.self)
                return try Answers.json(await supervisor.declare(try name(context), body))
            },
            Route(method: .delete, path: "/v1/jails/{name}") { request, context, authority in
                try authority.requireOperation("removing a jail")
                let force = request.uri.queryParameters["force"] == "true"
                try await supervisor.remove(try name(context), force: force)
                return Response(status: .noContent)
            },
            Route(method: .get, path: "/v1/jails/{name}/logs") { request, context, authority in
                let jail = try await seen(context, authority)
                return try await JailLog(jail.name, supervisor, request).response()
            },
        ]
    }

    private var operations: [Route] {
        [
            operation("start") { jail, _ in try await supervisor.start(jail.name) },
            operation("stop") { jail, body in try await jail.stop(grace: body?.grace) },
            operation("restart") { jail, body in try await jail.restart(grace: body?.grace) },
            operation("pause", byTenant: false) { jail, _ in try await jail.pause(true) },
            operation("resume", byTenant: false) { jail, _ in try await jail.pause(false) },
            operation("kill", byTenant: false) { jail, body in
                try await jail.kill(signal: try Signal(parsing: body?.signal ?? "KILL").number)
            },
            Route(method: .post, path: "/v1/jails/{name}/rename") { request, context, authority in
                try authority.requireOperation("renaming a jail")
                let body = try await Answers.decode(request, context, as: [String: String].self)
                guard let new = body["name"] else {
                    throw Problem(kind: "invalid", error: "renaming a jail: the new name is missing")
                }
                try await supervisor.rename(try name(context), to: new)
                return Response(status: .noContent)
            },
        ]
    }

    /// Something that is done to one jail and answered with its state afterwards.
    private func operation(
        _ verb: String,
        byTenant: Bool = true,
        _ body: @escaping @Sendable (SupervisedJail, EndRequest?) async throws -> Void
    ) -> Route {
        Route(method: .post, path: "/v1/jails/{name}/\(verb)") { request, context, authority in
            if !byTenant { try authority.requireOperation("asking for \(verb)") }
            let jail = try await seen(context, authority)
            try await body(jail, try await Answers.decodeIfAny(request, context, as: EndRequest.self))
            return try Answers.json(await jail.summary())
        }
    }

    // MARK: tenants

    private var tenants: [Route] {
        [
            Route(method: .get, path: "/v1/tenants") { _, _, authority in
                try Answers.json(await supervisor.tenantSummaries().filter { authority.sees($0.name) })
            },
            Route(method: .put, path: "/v1/tenants/{name}") { request, context, authority in
                try authority.requireOperation("declaring a tenant")
                let body = try await Answers.decode(request, context, as: JailDeclaration.self)
                return try Answers.json(await supervisor.declareTenant(try name(context), body))
            },
            Route(method: .delete, path: "/v1/tenants/{name}") { _, context, authority in
                try authority.requireOperation("removing a tenant")
                try await supervisor.removeTenant(try name(context))
                return Response(status: .noContent)
            },
            Route(method: .get, path: "/v1/tenants/{name}/usage") { request, context, authority in
                let tenant = try name(context)
                guard authority.sees(tenant) else {
                    throw Problem(kind: "notFound", error: "no tenant is called \(tenant): bailey tenant ls lists them")
                }
                let month = request.uri.queryParameters["month"].map(String.init)
                return try Answers.json(await supervisor.usage(tenant: tenant, month: month))
            },
        ]
    }

    private func name(_ context: APIContext) throws -> String {
        guard let name = context.parameters.get("name"), !name.isEmpty, name.utf8.count <= 63,
            name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }), !name.hasPrefix(".")
        else { throw Problem(kind: "invalid", error: "reading the request: this is no name of a jail or tenant") }
        return name
    }

    /// The jail that is named, if the peer may see it.
    private func seen(_ context: APIContext, _ authority: Authority) async throws -> SupervisedJail {
        let name = try name(context)
        if authority == .operation { return try await supervisor.jail(name) }
        guard let jail = try? await supervisor.jail(name) else {
            throw Problem(kind: "notFound", error: "\(EngineError.noSuchJail(name, suggestion: nil))")
        }
        try authority.require(await jail.tenant, jail: name)
        return jail
    }
}
