import Cgroups
import Launch
import Profiles

/// The groups above a jail's own: one per tenant, outermost first, with the limits that all jails in it share.
struct TenantLimits {
    let planner: JailPlanner
    /// The jail's tenant first, then whoever it is part of.
    let tenants: [TenantSpec]

    /// What a jail may still have: no more than any tenant above it.
    ///
    /// A v1 kernel refuses a quota above the parent's, a v2 kernel ignores the excess; the plan says it plainly.
    func bounded(_ spec: JailSpec) -> JailSpec {
        var spec = spec
        for tenant in tenants {
            guard let most = tenant.resources.cpu.max, let amount = most.value.amount else { continue }
            if let own = spec.resources.cpu.max?.value.amount, own > amount { spec.resources.cpu.max = most }
            guard let burst = spec.resources.cpu.burst else { continue }
            let quota = TimeSpan(microseconds: amount.microsecondsPerSecond / 10)
            if burst.value > quota { spec.resources.cpu.burst = Setting(quota, most.origin) }
        }
        return spec
    }

    /// Brings the jail into every hierarchy in which a tenant has a limit.
    func joined(_ plan: CgroupPlan) throws(PlanningFailure) -> (plan: CgroupPlan, groups: [CgroupPlan]) {
        var plan = plan
        var groups: [CgroupPlan] = []
        guard let path = plan.directories.first?.name else { return (plan, []) }
        var place = path.split(separator: "/").dropLast()
        for tenant in tenants {
            let group = try planner.tenantGroup(tenant, path: place.joined(separator: "/"))
            place = place.dropLast()
            groups.append(group)
            for directory in group.directories where !plan.directories.contains(where: { $0.root == directory.root }) {
                var own = directory
                (own.name, own.writes) = (path, [])
                plan.directories.append(own)
            }
            for step in group.enable { plan.add(step) }
            plan.warnings += group.warnings
        }
        return (plan, groups)
    }

    /// The tenants' limits as writes into the groups above the jail's.
    static func lay(_ groups: [CgroupPlan], on steps: inout CgroupSteps) {
        for directory in groups.flatMap(\.directories) {
            let writes = directory.writes.map {
                Launch.CgroupWrite(file: $0.file, value: $0.value, optional: $0.optional)
            }
            guard let index = steps.parents.firstIndex(where: { $0.path == directory.path }) else { continue }
            let files = Set(writes.map(\.file))
            steps.parents[index].writes.removeAll { files.contains($0.file) }
            steps.parents[index].writes += writes
        }
    }
}

extension JailPlanner {
    /// The group of a tenant with its limits.
    ///
    /// - Throws: ``PlanningFailure`` with every limit that this host cannot enforce and `bestEffort` does not excuse.
    public func tenantGroup(_ tenant: TenantSpec, path: String) throws(PlanningFailure) -> CgroupPlan {
        try ResourcePlanner(facts: facts).plan(tenant.limits, path: path, devices: nil)
    }
}

extension CgroupPlan {
    fileprivate mutating func add(_ step: ControllerEnabling) {
        guard let index = enable.firstIndex(where: { $0.file == step.file }) else { return enable.append(step) }
        for controller in step.controllers where !enable[index].controllers.contains(controller) {
            enable[index].controllers.append(controller)
        }
    }
}
