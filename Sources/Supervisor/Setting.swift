import Allocation
import ControlAPI
import Declarations
import Engine
import Profiles

/// `bailey set`: limits changed while jails run.
extension Supervisor {
    /// Changes limits of the jails that a request names, all that it can; one that fails keeps none of the others.
    func set(_ request: SetRequest) async throws -> [JailOutcome] {
        var chosen: [SupervisedJail] = []
        for name in request.jails ?? [] { chosen.append(try await jail(name)) }
        for (name, jail) in jails.sorted(by: { $0.key < $1.key }) where !chosen.contains(where: { $0.name == name }) {
            let ofTenant = await jail.tenant == request.tenant
            if ofTenant {
                chosen.append(jail)
            } else if let label = request.label, await jail.hasLabel(label) {
                chosen.append(jail)
            }
        }
        guard !chosen.isEmpty else {
            throw Problem(kind: "notFound", error: "changing limits: no jail is named: give jails, a tenant or a label")
        }
        var outcomes: [JailOutcome] = []
        for jail in chosen {
            do {
                outcomes.append(JailOutcome(name: jail.name, done: try await jail.set(request)))
            } catch {
                outcomes.append(JailOutcome(name: jail.name, error: (error as? Problem)?.error ?? "\(error)"))
            }
        }
        return outcomes
    }
}

extension SupervisedJail {
    func hasLabel(_ text: String) -> Bool {
        spec.labels.contains { "\($0.value.name)=\($0.value.value)" == text || $0.value.name == text }
    }

    /// Changes limits as a declaration with further flags would; what cannot change while it runs is refused.
    ///
    /// One after the other: what is added to is what the change before left.
    func set(_ request: SetRequest) async throws -> String {
        try await exclusively { try await $0.setNow(request) }
    }

    private func setNow(_ request: SetRequest) async throws -> String {
        let next = try changed(by: request.settings)
        let difference = SpecDifference(from: spec, to: next)
        if difference.effort == .none { return "unchanged" }
        let lines = difference.changes.map(\.description).joined(separator: "; ")
        if request.dryRun == true {
            try await around.weigh("changing", name, next)
            let warning = try await shrinkWarning(next)
            return "would change " + lines + (warning.map { "; " + $0 } ?? "")
        }
        let declaration = try await declaration(with: request.settings)
        if runs, let target = next.resources.memory.max?.value.amount?.bytes {
            let (deadline, force) = (UInt64(max(0, request.deadline ?? 10_000)), request.force == true)
            try await around.workers.run { [engine = around.engine, name] in
                if force {
                    try engine.makeRoom(name, target: target)
                } else {
                    try engine.shrink(name, to: target, deadline: deadline)
                }
            }
        }
        try await become(next, declaration.bytes, "update")
        return lines
    }

    /// The spec with further settings over it.
    private func changed(by settings: [String: String]) throws -> JailSpec {
        var next = spec
        var findings: [Finding] = []
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            findings += next.override(key, with: value, flag: "bailey set")
        }
        findings += next.contradictions().filter { $0.severity == .error }
        guard !findings.hasErrors else { throw EngineError.invalid(findings) }
        let keys = SpecDifference(from: spec, to: next).changes.map(\.keyPath)
            .filter { SpecDifference.effort(of: $0) == .restart }
        guard keys.isEmpty else {
            throw Problem(
                kind: "refused",
                error: "changing \(name): \(keys.joined(separator: ", ")) needs a new start: use bailey apply"
            )
        }
        return next
    }

    private func shrinkWarning(_ next: JailSpec) async throws -> String? {
        guard runs, let target = next.resources.memory.max?.value.amount?.bytes else { return nil }
        return try await around.workers.run { [engine = around.engine, name] in
            try engine.shrinkWarning(name, to: target)
        }
    }

    private func declaration(with settings: [String: String]) async throws -> Declaration {
        let kept = try await around.workers.run { [engine = around.engine, name] in try engine.keptDeclaration(name) }
        guard var declaration = kept else {
            throw Problem(
                kind: "refused",
                error: "changing \(name): how it was declared is not known: declare it with bailey apply"
            )
        }
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            declaration.flags.removeAll { $0.keyPath == key && $0.flag == "bailey set" }
            declaration.flags.append(Declaration.Flag(flag: "bailey set", keyPath: key, text: value))
        }
        return declaration
    }
}
