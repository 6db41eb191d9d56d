import LinuxKernel
import Planning
import Profiles
import Storage

/// What this host says of a declaration before anything is made.
extension Engine {
    /// Whether a jail could be started here: its values, its template, every limit.
    ///
    /// - Returns: Everything that is wrong or worth knowing; nothing on the host was touched.
    public func check(_ spec: JailSpec) -> [Finding] {
        var spec = spec
        if let name = spec.template {
            guard let template = try? store.find(name.value) else {
                return [
                    Finding(
                        file: "\(name.origin)",
                        keyPath: "template",
                        message: "\(name.value) is not built: bailey template build \(name.value)"
                    )
                ]
            }
            spec.apply(template.defaults, named: template.name)
        }
        let early = spec.check()
        guard !early.hasErrors else { return early }
        do {
            let facts = try HostFacts.gather(layout, needsDisk: true, diskLimit: spec.diskLimit)
            return early + DiskPlan(spec, facts).findings
                + (try JailPlanner(facts).resources(spec, cgroup: "bailey/check").warnings)
        } catch let failure as PlanningFailure {
            return early + failure.findings
        } catch {
            return early + [Finding(file: "this host", message: "\(error)")]
        }
    }

    /// Whether this host can hold all jails of a tenant to its limits.
    ///
    /// Said when the tenant is declared: its first jail would be refused otherwise, for something that is not its own.
    ///
    /// - Throws: ``EngineError/invalid(_:)`` with every limit that cannot be enforced.
    public func check(_ tenant: TenantSpec) throws(EngineError) {
        let facts = try HostFacts.gather(layout, needsDisk: true)
        do throws(PlanningFailure) { _ = try JailPlanner(facts).tenantGroup(tenant, path: "bailey/check") } catch {
            throw .invalid(error.findings)
        }
    }
}
