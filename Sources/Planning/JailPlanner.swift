import Cgroups
import Launch
import Profiles

/// What came out of planning.
public struct PlannedJail: Sendable {
    /// What `bailey-init` carries out.
    public let launch: LaunchPlan
    /// The cgroups in the form that can be read back.
    public let cgroups: CgroupPlan
    /// What the spec wants and this host does not enforce, allowed by `bestEffort`.
    public let warnings: [Finding]
}

/// Everything that keeps a spec from being planned on this host.
public struct PlanningFailure: Error, Sendable {
    /// At least one error.
    public let findings: [Finding]

    /// Makes a failure.
    public init(findings: [Finding]) {
        self.findings = findings
    }
}

/// Turns a spec into a plan for this host.
///
/// Pure: the same inputs give the same plan, byte for byte.
public struct JailPlanner: Sendable {
    let facts: HostFacts

    /// A planner for a host.
    public init(_ facts: HostFacts) {
        self.facts = facts
    }

    /// Plans a start.
    ///
    /// - Throws: ``PlanningFailure`` with all findings; nothing was touched.
    public func plan(_ spec: JailSpec, _ instance: JailInstance) throws(PlanningFailure) -> PlannedJail {
        let findings = spec.check()
        guard !findings.hasErrors else { throw PlanningFailure(findings: findings) }
        let mode =
            instance.network.flatMap { NetworkMode(rawValue: $0.network.kind.rawValue) }
            ?? spec.effectiveNetworkMode.value
        let tenants = TenantLimits(planner: self, tenants: instance.tenants)
        let (own, limits) = try resources(tenants.bounded(spec), cgroup: instance.cgroup, devices: instance.devices)
        let (cgroups, groups) = try tenants.joined(own)
        var steps = CgroupSteps(cgroups, probe: facts.probe)
        TenantLimits.lay(groups, on: &steps)
        var warnings = limits
        let kind = instance.network?.network.kind
        // A jail with its loopback alone has nothing to limit.
        if kind != .bridge, kind != .routed, mode != .none {
            let missing = UnavailableKeys.findings(spec, withoutLink: mode.rawValue)
            guard !missing.hasErrors else { throw PlanningFailure(findings: missing) }
            warnings += missing
        }
        let layout = RootLayout(spec, instance, facts, sharesNetwork: mode == .host || mode == .shared)
        var launch = LaunchPlan(
            jail: instance.name,
            identity: instance.identity,
            namespaces: NetworkPlanner.namespaces(mode),
            cgroups: steps,
            stage: instance.stage,
            root: instance.root,
            sources: layout.sources,
            steps: layout.steps,
            hostname: spec.effectiveHostname?.value ?? instance.name,
            privileges: privileges(spec, instance),
            process: process(spec, instance),
            streams: instance.streams,
            network: NetworkPlanner(spec, instance).steps(),
            finish: instance.finish
        )
        launch.finish.laterGroups = laterGroups(instance.cgroup, cgroups)
        if !instance.finish.removeState { launch.finish.counters = CgroupCounters.paths(of: cgroups) }
        launch.cgroups.addProgramDirectory(launch.network.programDirectory)
        return PlannedJail(
            launch: launch,
            cgroups: cgroups,
            warnings: findings + warnings
        )
    }

    /// Where the jail's groups would be in the v1 hierarchies that it does not join at its start.
    private func laterGroups(_ path: String, _ cgroups: CgroupPlan) -> [String] {
        let joined = Set(cgroups.directories.map(\.path))
        return Set(facts.hierarchy.legacy.values).map { "\($0)/\(path)" }.filter { !joined.contains($0) }.sorted()
    }

    /// The cgroups of a jail and what this host does not enforce.
    ///
    /// - Throws: ``PlanningFailure`` with every limit that cannot be enforced and is not excused by `bestEffort`.
    public func resources(
        _ spec: JailSpec,
        cgroup: String,
        devices: [DeviceRule] = []
    ) throws(PlanningFailure) -> (cgroups: CgroupPlan, warnings: [Finding]) {
        var findings = UnavailableKeys.findings(spec) + DiskPlan(spec, facts).findings
        do throws(PlanningFailure) {
            let planner = ResourcePlanner(facts: facts)
            let cgroups = try planner.plan(spec, path: cgroup, devices: DeviceRule.standard + devices)
            guard !findings.hasErrors else { throw PlanningFailure(findings: findings) }
            findings += cgroups.warnings.map { finding in
                Finding(
                    .warning,
                    file: "this host",
                    keyPath: finding.knob?.rawValue ?? "resources",
                    message: finding.reason
                )
            }
            return (cgroups, findings)
        } catch {
            throw findings.hasErrors && error.findings != findings
                ? PlanningFailure(findings: findings + error.findings) : error
        }
    }

    /// What the guest's program may do, before it runs anything.
    public func privileges(_ spec: JailSpec, _ instance: JailInstance) -> Privileges {
        Privileges(
            capabilities: CapabilityPlan.sets(spec, uid: instance.user.uid, highest: facts.highestCapability),
            noNewPrivileges: spec.effectiveNoNewPrivileges.value,
            filter: instance.filter,
            uid: instance.user.uid,
            gid: instance.user.gid,
            groups: instance.user.groups,
            limits: spec.limits.map { Launch.ResourceLimit($0.value) },
            oomScore: spec.oomScore.map { Int32($0.value) }
        )
    }

    private func process(_ spec: JailSpec, _ instance: JailInstance) -> GuestProcess {
        GuestProcess(
            isInit: spec.initMode.value == .system,
            arguments: spec.effectiveCommand?.value ?? [],
            environment: Self.environment(spec, instance),
            directory: spec.workingDirectory.value,
            graceMilliseconds: 2000,
            stopSignal: spec.effectiveStopSignal.value.number
        )
    }

    /// The spec's variables, and the few that every program expects.
    public static func environment(_ spec: JailSpec, _ instance: JailInstance) -> [String] {
        let names = spec.environment.map(\.value.name)
        var entries = spec.environment.map { "\($0.value.name)=\($0.value.value)" }
        if !names.contains("HOME") { entries.append("HOME=\(instance.user.home ?? "/")") }
        if !names.contains("HOSTNAME") { entries.append("HOSTNAME=\(spec.effectiveHostname?.value ?? instance.name)") }
        if instance.streams.terminal, !names.contains("TERM") { entries.append("TERM=xterm") }
        if spec.initMode.value == .system, !names.contains("container") { entries.append("container=bailey") }
        return entries
    }
}
