import Engine
import Profiles

/// What would be done to make what is there what files declare; nothing where they agree.
public struct ApplyPlan: Sendable {
    /// One thing to do.
    public struct Step: Equatable, Sendable {
        /// What.
        public enum Change: String, Sendable {
            /// It is not there yet.
            case create
            /// Its declaration changes, and its limits while it runs.
            case update
            /// It has to be started anew, with its files.
            case recreate
            /// Files name it no more.
            case remove
            /// It is as declared.
            case unchanged
        }

        /// `jail` or `tenant`.
        public let kind: String
        /// Its name.
        public let name: String
        /// What is done.
        public let change: Change
        /// What differs, a line each.
        public let differences: [String]

        /// Makes a step.
        public init(kind: String, name: String, change: Change, differences: [String] = []) {
            (self.kind, self.name, self.change, self.differences) = (kind, name, change, differences)
        }
    }

    /// Tenants first, removals last.
    public let steps: [Step]

    /// The steps that change something.
    public var changes: [Step] { steps.filter { $0.change != .unchanged } }

    /// Compares files with what is there.
    ///
    /// `prune`: what files declared once and do not name any more is taken away.
    public init(_ declared: DeclaredSet, _ engine: Engine, prune: Bool) throws(EngineError) {
        var steps: [Step] = []
        let tenants = TenantStore(engine)
        for (name, tenant) in declared.tenants.sorted(by: { $0.key < $1.key }) {
            steps.append(Self.step(name, tenant.spec, try? tenants.tenant(name)))
        }
        let listing = JailListing(engine)
        let there = Set(listing.names())
        for (name, jail) in declared.jails.sorted(by: { $0.key < $1.key }) {
            steps.append(Self.step(name, jail.spec, there.contains(name), engine))
        }
        if prune {
            for name in there.sorted() where declared.jails[name] == nil {
                // What nobody declared by a file is nobody's to take away by one.
                guard let kept = try? engine.keptDeclaration(name), kept.document != nil else { continue }
                steps.append(Step(kind: "jail", name: name, change: .remove))
            }
            for name in tenants.names() where declared.tenants[name] == nil {
                steps.append(Step(kind: "tenant", name: name, change: .remove))
            }
        }
        self.steps = steps
    }

    private static func step(_ name: String, _ spec: JailSpec, _ isThere: Bool, _ engine: Engine) -> Step {
        guard isThere else { return Step(kind: "jail", name: name, change: .create) }
        guard let old = try? engine.keptSpec(name) else {
            return Step(kind: "jail", name: name, change: .recreate, differences: ["how it was declared is not known"])
        }
        let difference = SpecDifference(from: old, to: spec)
        let lines = difference.changes.map(\.description)
        switch difference.effort {
        case .none: return Step(kind: "jail", name: name, change: .unchanged)
        case .note, .live: return Step(kind: "jail", name: name, change: .update, differences: lines)
        case .restart:
            let isUp = [.running, .paused].contains(JailListing(engine).state(of: name))
            return Step(kind: "jail", name: name, change: isUp ? .recreate : .update, differences: lines)
        }
    }

    private static func step(_ name: String, _ spec: TenantSpec, _ old: TenantSpec??) -> Step {
        guard let old = old ?? nil else { return Step(kind: "tenant", name: name, change: .create) }
        func lines(_ spec: TenantSpec) -> [String] { spec.rows.map { "\($0.keyPath): \($0.valueText)" } }
        let (before, after) = (lines(old), lines(spec))
        if before == after { return Step(kind: "tenant", name: name, change: .unchanged) }
        let gone = before.filter { !after.contains($0) }.map { "- \($0)" }
        let new = after.filter { !before.contains($0) }.map { "+ \($0)" }
        return Step(kind: "tenant", name: name, change: .update, differences: gone + new)
    }
}
