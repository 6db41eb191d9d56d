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
    func set(_ request: SetRequest) async throws -> String {
        let (engine, name) = (around.engine, name)
        var next = spec
        var findings: [Finding] = []
        for (key, value) in request.settings.sorted(by: { $0.key < $1.key }) {
            findings += next.override(key, with: value, flag: "bailey set")
        }
        findings += next.contradictions().filter { $0.severity == .error }
        guard !findings.hasErrors else { throw EngineError.invalid(findings) }
        let difference = SpecDifference(from: spec, to: next)
        guard difference.effort < .restart else {
            let keys = difference.changes.map(\.keyPath).filter { SpecDifference.effort(of: $0) == .restart }
            throw Problem(
                kind: "refused",
                error: "changing \(name): \(keys.joined(separator: ", ")) needs a new start: use bailey apply"
            )
        }
        if difference.effort == .none { return "unchanged" }
        let lines = difference.changes.map(\.description).joined(separator: "; ")
        let runs = phase == .running || phase == .paused
        var warning = ""
        if runs, let target = next.resources.memory.max?.value.amount?.bytes {
            warning = try await around.workers.run { try engine.shrinkWarning(name, to: target) } ?? ""
        }
        if request.dryRun == true { return "would change " + lines + (warning.isEmpty ? "" : "; " + warning) }
        guard var declaration = try await around.workers.run({ try engine.keptDeclaration(name) }) else {
            throw Problem(
                kind: "refused",
                error: "changing \(name): how it was declared is not known: declare it with bailey apply"
            )
        }
        for (key, value) in request.settings.sorted(by: { $0.key < $1.key }) {
            declaration.flags.removeAll { $0.keyPath == key && $0.flag == "bailey set" }
            declaration.flags.append(Declaration.Flag(flag: "bailey set", keyPath: key, text: value))
        }
        let (bytes, deadline, force, wanted) = (
            declaration.bytes, request.deadline ?? 10_000, request.force == true, next
        )
        try await exclusively { jail in
            if runs, !force, let target = wanted.resources.memory.max?.value.amount?.bytes {
                try await jail.around.workers.run {
                    try engine.shrink(name, to: target, deadline: UInt64(max(0, deadline)))
                }
            }
            try await jail.become(wanted, bytes, "update")
        }
        return lines
    }
}
