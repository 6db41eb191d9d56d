import Allocation
import ControlAPI
import Declarations
import Engine
import LinuxKernel
import Planning
import Profiles

/// What can be asked of a supervisor.
extension Supervisor {
    /// Jails of a tenant, or all.
    func summaries(_ viewer: (String) -> Bool) async -> [JailSummary] {
        var all: [JailSummary] = []
        for (_, jail) in jails {
            let summary = await jail.summary()
            if viewer(summary.tenant) { all.append(summary) }
        }
        return all.sorted { $0.name < $1.name }
    }

    /// Starts a jail, and before it whatever it requires.
    func start(_ name: String) async throws {
        let jail = try await jail(name)
        let needs = await needs(of: name)
        guard let before = Dependencies.before(name, { needs[$0] }) else {
            throw Problem(
                kind: "refused",
                error: "starting \(name): jails require each other in a circle: see requires"
            )
        }
        for required in before {
            let other = try await self.jail(required)
            guard await !other.isUp else { continue }
            do { try await other.start() } catch {
                throw Problem(kind: "failed", error: "starting \(name): it requires \(required): \(error)")
            }
        }
        try await jail.start()
        await sampler.follow(name, tenant: await jail.tenant)
    }

    /// What a jail requires, and what that requires, and so on.
    private func needs(of name: String) async -> [String: Dependencies.Needs] {
        var needs: [String: Dependencies.Needs] = [:]
        var asked = [name]
        while let next = asked.popLast() {
            guard needs[next] == nil, let jail = try? await jail(next) else { continue }
            let found = Dependencies.Needs(await jail.spec)
            needs[next] = found
            asked += found.requires
        }
        return needs
    }

    /// Makes a jail what it is declared to be; see `ApplyPlan`.
    func declare(_ name: String, _ body: JailDeclaration) async throws -> DeclarationOutcome {
        let (engine, workers) = (engine, workers)
        let declared = try await workers.run { try Self.read(name, body, engine) }
        let isThere = (try? await jail(name)) != nil
        let step = isThere ? try await workers.run { try Self.step(name, declared.spec, engine) } : .create
        var outcome = DeclarationOutcome(name: name, change: step.change, differences: step.differences)
        if body.dryRun == true {
            try weigh("starting", name, declared.spec)
            return outcome
        }
        if isThere {
            let jail = try await jail(name)
            try await jail.exclusively { try await $0.become(declared.spec, declared.bytes, step.change) }
        } else {
            outcome.warnings = try await create(name, declared)
        }
        if body.start == true, let jail = jails[name], await !jail.isUp { try await start(name) }
        return outcome
    }

    /// Whether a jail's demand would be admitted; nothing is promised.
    func weigh(_ attempt: String, _ name: String, _ spec: JailSpec) throws {
        var ledger = promises
        do throws(Refusal) {
            try ledger.admit(
                jail: name,
                Demand(spec.resources),
                tenant: spec.tenant?.value ?? "default",
                options.capacity
            )
        } catch {
            throw Problem(kind: "refused", error: "\(attempt) \(name): \(error)")
        }
    }

    /// A declaration that was read.
    struct Read: Sendable {
        let spec: JailSpec
        let bytes: [UInt8]
    }

    private static func read(_ name: String, _ body: JailDeclaration, _ engine: Engine) throws -> Read {
        var said = Declaration()
        if let text = body.declaration {
            guard let declaration = Declaration(Array(text.utf8)) else {
                throw Problem(
                    kind: "invalid",
                    error: "declaring \(name): the declaration cannot be read: send yaml instead"
                )
            }
            said = declaration
        } else if let yaml = body.yaml {
            said.document = Declaration.Document(path: body.path ?? "request", text: yaml)
        } else {
            throw Problem(kind: "invalid", error: "declaring \(name): neither yaml nor declaration is there")
        }
        // What came with its profiles is whole; a bare text is read with this host's.
        var resolution = said.library.isEmpty ? nil : DeclarationReader.resolve(said)
        if resolution == nil {
            let declared = DeclarationReader(engine).declare(said)
            (said, resolution) = (declared.declaration, declared.resolution)
        }
        guard let resolution, !resolution.findings.hasErrors else {
            throw Problem(
                kind: "invalid",
                error: (resolution?.findings ?? []).map(\.description).joined(separator: "\n")
            )
        }
        var spec = resolution.spec
        if let own = spec.name?.value, own != name {
            throw Problem(kind: "invalid", error: "declaring \(name): the declaration is of \(own)")
        }
        let findings = spec.name == nil ? spec.override("metadata.name", with: name, flag: "name") : []
        guard !findings.hasErrors else {
            throw Problem(kind: "invalid", error: findings.map(\.description).joined(separator: "\n"))
        }
        return Read(spec: spec, bytes: said.bytes)
    }

    private struct Step: Sendable {
        let change: String
        let differences: [String]
        static let create = Step(change: "create", differences: [])
    }

    private static func step(_ name: String, _ spec: JailSpec, _ engine: Engine) throws -> Step {
        guard let old = try? engine.keptSpec(name) else { return Step(change: "recreate", differences: []) }
        let difference = SpecDifference(from: old, to: spec)
        let change: String =
            switch difference.effort {
            case .none: "unchanged"
            case .note, .live: "update"
            case .restart: "recreate"
            }
        return Step(change: change, differences: difference.changes.map(\.description))
    }

    private func create(_ name: String, _ declared: Read) async throws -> [String] {
        let tenant = declared.spec.tenant?.value ?? "default"
        // Counted from here on: two that are made at the same time do not both take the last place.
        guard making.updateValue(tenant, forKey: name) == nil else {
            throw Problem(kind: "conflict", error: "creating \(name): it is being made already")
        }
        defer { making[name] = nil }
        try await requirePlace(for: name, of: declared.spec)
        let entry = try store.begin(.create, name)
        options.crash("create:begun")
        defer { try? store.finish(entry) }
        let warnings = try await workers.run { [engine] in
            var request = JailRequest(spec: declared.spec)
            request.declaration = declared.bytes
            request.tenants = try TenantStore(engine).chain(of: declared.spec)
            return try engine.create(request).warnings.filter { $0.message != SupervisorKeys.note }.map(\.description)
        }
        options.crash("create:done")
        _ = try await notice(name, wanted: false)
        await report(
            Event(
                time: Events.now(realTimeClock),
                kind: "created",
                jail: name,
                tenant: tenant,
                text: "created"
            )
        )
        return warnings
    }

    /// Holds every tenant above a jail to the number of jails that it may have, parts of it included.
    private func requirePlace(for name: String, of spec: JailSpec) async throws {
        let above = try await workers.run { [engine] in try TenantStore(engine).chain(of: spec) }
        guard above.contains(where: { $0.maxJails != nil }) else { return }
        let parents = try await workers.run { [engine] in
            Dictionary(TenantStore(engine).all().map { ($0.name.value, $0.parent?.value) }) { first, _ in first }
        }
        var counts: [String: Int] = [:]
        func count(_ tenant: String) {
            var (next, seen): (String?, Set<String>) = (tenant, [])
            while let name = next, seen.insert(name).inserted {
                counts[name, default: 0] += 1
                next = parents[name] ?? nil
            }
        }
        for (other, jail) in jails where other != name { count(await jail.tenant) }
        for (other, tenant) in making where other != name && jails[other] == nil { count(tenant) }
        for tenant in above {
            guard let most = tenant.maxJails?.value else { continue }
            let (owner, has) = (tenant.name.value, counts[tenant.name.value] ?? 0)
            guard has >= most else { continue }
            throw Problem(
                kind: "refused",
                error: "creating \(name): tenant \(owner) may have \(most) jails, and has \(has): remove one first"
            )
        }
    }

    /// Takes a jail away.
    func remove(_ name: String, force: Bool) async throws {
        let jail = try await jail(name)
        try await jail.remove(force: force)
        await sampler.leave(name)
        jails[name] = nil
        await report(
            Event(
                time: Events.now(realTimeClock),
                kind: "removed",
                jail: name,
                tenant: await jail.tenant,
                text: "removed"
            )
        )
    }

    /// Gives a stopped jail another name.
    func rename(_ name: String, to new: String) async throws {
        let jail = try await jail(name)
        try await jail.exclusively { jail in
            try await jail.around.workers.run { [engine = jail.around.engine] in try engine.rename(name, to: new) }
        }
        jails[name] = nil
        try store.forget(name)
        _ = try await notice(new, wanted: false)
    }

    /// What the host has, has promised and has left.
    func capacity() -> CapacityReport {
        CapacityReport(
            rows: Resource.allCases.map { resource in
                let promised = promises.promisedByHost(resource)
                let available = options.capacity.available(resource)
                return CapacityReport.Row(
                    resource: resource.rawValue,
                    total: options.capacity.total[resource],
                    reserve: options.capacity.reserve[resource],
                    promised: promised,
                    left: available > promised ? available - promised : 0,
                    unit: resource == .cpu ? "microseconds a second" : "bytes"
                )
            }
        )
    }
}

extension SupervisedJail {
    func summary() -> JailSummary {
        var summary = JailSummary(name: name, tenant: tenant, state: phase.rawValue)
        summary.source = spec.template?.value ?? spec.rootfs?.value ?? ""
        summary.command = spec.effectiveCommand?.value.joined(separator: " ") ?? ""
        (summary.wanted, summary.restarts) = (life.isWanted, life.restarts)
        summary.health = health.map { $0 ? "healthy" : "unhealthy" }
        for label in spec.labels { summary.labels[label.value.name] = label.value.value }
        (summary.pid, summary.started, summary.exitStatus) = (firstProcess?.pid, firstProcess?.started, lastExit)
        if isUp { summary.exitStatus = nil }
        return summary
    }

    /// Makes the jail what it is now declared to be, with as little disturbance as that takes.
    func become(_ spec: JailSpec, _ declaration: [UInt8], _ change: String) async throws {
        guard change != "unchanged" else { return }
        let (engine, name, isUp, old) = (around.engine, name, runs, self.spec)
        let difference = SpecDifference(from: self.spec, to: spec).changes.map(\.description).joined(separator: "; ")
        if isUp { try await around.admit("changing", name, Demand(spec.resources), spec.tenant?.value ?? "default") }
        do {
            if change == "recreate", isUp {
                try await journaled(.recreate, detail: declaration) {
                    try await step(.stopAsked(grace: grace(nil)))
                    do {
                        try await around.workers.run {
                            try engine.resizeDisk(of: name, from: old, to: spec)
                            try engine.declare(name, as: declaration)
                        }
                    } catch {
                        // As it was: it ran.
                        _ = try? await step(.startAsked(.operation))
                        throw error
                    }
                    adopt(spec)
                    try await step(.startAsked(.operation))
                }
            } else {
                try await journaled(.update, detail: declaration) {
                    try await around.workers.run {
                        try engine.resizeDisk(of: name, from: old, to: spec)
                        do {
                            if isUp { try engine.update(name, to: spec) }
                            try engine.declare(name, as: declaration)
                        } catch {
                            try engine.resizeDisk(of: name, from: spec, to: old)
                            throw error
                        }
                    }
                    adopt(spec)
                }
            }
        } catch {
            // The promise that holds is the one of what it was before.
            if runs { try? await around.admit("changing", name, demand, tenant) }
            throw error
        }
        await event(change == "recreate" ? "recreated" : "changed", difference)
    }
}
