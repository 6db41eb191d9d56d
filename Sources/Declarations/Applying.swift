import Engine
import Profiles

/// Makes one thing what it is declared to be, without a supervisor.
public struct Applying {
    private let engine: Engine
    private let declared: DeclaredSet

    /// An application of declared things.
    public init(_ declared: DeclaredSet, _ engine: Engine) { (self.declared, self.engine) = (declared, engine) }

    /// Does one step of a plan.
    ///
    /// - Returns: Warnings, a line each.
    /// - Throws: ``EngineError``; that jail or tenant is as it was, or as its message says.
    @discardableResult
    public func carryOut(_ step: ApplyPlan.Step) throws(EngineError) -> [String] {
        if step.kind == "tenant" {
            try carryOutTenant(step)
            return []
        }
        guard let jail = declared.jails[step.name] else {
            if step.change == .remove { try engine.remove(step.name, force: true) }
            return []
        }
        let bytes = jail.declaration.bytes
        switch step.change {
        case .unchanged, .remove: return []
        case .create:
            var request = JailRequest(spec: jail.spec)
            request.declaration = bytes
            request.tenants = try TenantStore(engine).chain(of: jail.spec)
            return try engine.create(request).warnings.map(\.description)
        case .update:
            var warnings: [Finding] = []
            let old = try engine.keptSpec(step.name)
            try engine.resizeDisk(of: step.name, from: old, to: jail.spec)
            if [.running, .paused].contains(JailListing(engine).state(of: step.name)) {
                do throws(EngineError) { warnings = try engine.update(step.name, to: jail.spec) } catch {
                    try engine.resizeDisk(of: step.name, from: jail.spec, to: old)
                    throw error
                }
            }
            try engine.declare(step.name, as: bytes)
            return warnings.map(\.description)
        case .recreate:
            let grace = jail.spec.effectiveStopGrace.value.microseconds / 1000
            try engine.stop(step.name, graceMilliseconds: Int64(grace))
            try engine.declare(step.name, as: bytes)
            try engine.startDetached(engine.prepareKept(step.name))
            return []
        }
    }

    private func carryOutTenant(_ step: ApplyPlan.Step) throws(EngineError) {
        let store = TenantStore(engine)
        guard let tenant = declared.tenants[step.name] else {
            if step.change == .remove { try store.remove(step.name) }
            return
        }
        guard step.change != .unchanged else { return }
        try engine.check(tenant.spec)
        let before = try? store.declaration(step.name)
        try store.keep(step.name, tenant.declaration)
        do throws(EngineError) {
            try engine.update(tenant.spec, path: engine.groupPath(of: store.chain(from: step.name)))
        } catch {
            // What cannot be enforced is not written down as declared either.
            if let before { try? store.keep(step.name, before) } else { try? store.remove(step.name) }
            throw error
        }
    }
}

extension TenantStore {
    /// The tenants above a jail, its own first.
    public func chain(of spec: JailSpec) throws(EngineError) -> [TenantSpec] {
        guard let tenant = spec.tenant?.value else { return [] }
        return try chain(from: tenant)
    }
}
