import Cgroups
import Glibc
import Launch
import LinuxKernel
import Planning
import Profiles
import Storage

extension Engine {
    /// Changes the limits of a running jail to those of another spec, without a restart.
    ///
    /// - Returns: What `bestEffort` let pass.
    /// - Throws: ``EngineError``; the limits are as they were.
    @discardableResult
    public func update(_ name: String, to spec: JailSpec) throws(EngineError) -> [Finding] {
        let record = try JailListing(self).running(name)
        let facts = try HostFacts.gather(layout, needsDisk: true, diskLimit: spec.diskLimit)
        let planner = JailPlanner(facts)
        let update: CgroupUpdate
        let plan: CgroupPlan
        do throws(PlanningFailure) {
            update = try planner.update(spec, of: record.group, current: CgroupControl.current)
            plan = try planner.resources(spec, cgroup: record.group.directories.first?.name ?? name).cgroups
        } catch {
            throw .invalid(error.findings)
        }
        try apply(update, to: record.group, of: name)
        // From now on `explain` tells of the new limits; what else the jail was started with is as it was.
        let explanation = Array(
            Explanation(spec: spec, cgroups: plan, warnings: [], disk: DiskPlan(spec, facts)).text.utf8
        )
        try attempting("writing down the limits of \(name)") { () throws(SyscallError) in
            try Files.replace(layout.stateDirectory(name) + "/explain", with: explanation)
        }
        return update.warnings.map {
            Finding(.warning, file: "this host", keyPath: $0.knob?.rawValue ?? "", message: $0.reason)
        }
    }

    /// Changes the limits that all jails of a tenant share, while some run; does nothing while none does.
    ///
    /// `path` is the tenant's group below the hierarchies' roots.
    public func update(_ tenant: TenantSpec, path: String) throws(EngineError) {
        let facts = try HostFacts.gather(layout, needsDisk: true)
        let group = ControlGroup.existing(path, in: facts.hierarchy)
        guard !group.directories.isEmpty else { return }
        let update: CgroupUpdate
        do throws(PlanningFailure) {
            update = try JailPlanner(facts).update(
                tenant.limits,
                of: group,
                current: CgroupControl.current
            )
        } catch {
            throw .invalid(error.findings)
        }
        // Hierarchies that the tenant's jails have not joined cannot be joined from here: they count from the next start.
        var present = update
        present.joining.directories = []
        try apply(present, to: group, of: "tenant \(tenant.name.value)")
    }

    private func apply(_ update: CgroupUpdate, to group: ControlGroup, of name: String) throws(EngineError) {
        do throws(CgroupError) {
            _ = try CgroupControl(group).apply(update)
        } catch {
            throw .refused("changing limits of \(name): \(error)")
        }
    }

    /// The group of a tenant below the hierarchies' roots.
    ///
    /// `chain` is the tenant first, then whoever it is part of.
    public func groupPath(of chain: [TenantSpec]) -> String {
        ([layout.cgroupRoot] + chain.reversed().map(\.name.value)).joined(separator: "/")
    }
}
