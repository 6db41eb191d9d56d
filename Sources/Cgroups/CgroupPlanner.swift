/// Turns limits into writes for a given host; pure.
///
/// Every limit that the host cannot enforce, and every value that makes no sense, is a finding; all are returned at
/// once. A limit named in `bestEffort` that the host cannot enforce becomes a warning in the plan instead.
public struct CgroupPlanner: Sendable {
    /// Where the controllers are.
    public var hierarchy: CgroupHierarchy
    /// Answers about optional features.
    public var probe: CgroupProbe
    /// On a hybrid host, join the v2 tree for pausing, killing, CPU usage and pressure, in place of v1's freezer and
    /// cpuacct: one hierarchy less, `cgroup.kill`, pressure per group, and `CLONE_INTO_CGROUP` for that tree.
    public var prefersUnifiedCore: Bool

    /// A planner for a host.
    public init(hierarchy: CgroupHierarchy, probe: CgroupProbe, prefersUnifiedCore: Bool = false) {
        self.hierarchy = hierarchy
        self.probe = probe
        self.prefersUnifiedCore = prefersUnifiedCore
    }

    /// Plans the group `path`.
    ///
    /// - Parameters:
    ///   - limits: What the group may use.
    ///   - path: Relative to the delegated root, such as `bailey/acme/web1`.
    ///   - bestEffort: Limits whose absence on this host is only a warning.
    /// - Returns: Steps for ``CgroupCreation/create(_:adopting:)``.
    /// - Throws: ``CgroupFindings`` with everything that is wrong.
    public func plan(
        _ limits: ResourceLimits,
        path: String,
        bestEffort: Set<Knob> = []
    ) throws(CgroupFindings) -> CgroupPlan {
        var draft = PlanDraft(planner: self, limits: limits, bestEffort: bestEffort)
        draft.checkPath(path)
        draft.checkDelegation()
        draft.planCPU()
        draft.planCPUSet()
        draft.planMemory()
        draft.planPids()
        draft.planIO()
        draft.planHugePages()
        draft.planDevices()
        if !draft.findings.isEmpty { throw CgroupFindings(findings: draft.findings) }
        return assemble(draft, path: path)
    }

    /// Controllers a group joins whatever its limits are, for pausing, counting and statistics.
    static let always: Set<Controller> = [.freezer, .pids, .memory, .cpuacct]

    private func assemble(_ draft: PlanDraft, path: String) -> CgroupPlan {
        let wanted = Controller.allCases.filter { Self.always.contains($0) || draft.used.contains($0) }
        var directories: [CgroupDirectory] = []
        for controller in wanted {
            guard let slot = slot(for: controller) else { continue }
            let index = directories.firstIndex { $0.root == slot.root } ?? directories.count
            if index == directories.count {
                directories.append(
                    CgroupDirectory(version: slot.version, controllers: [], root: slot.root, name: path)
                )
            }
            directories[index].controllers.append(controller)
            directories[index].writes += draft.writes[controller] ?? []
            if slot.version == .v1 { addLegacySetup(of: controller, to: &directories[index]) }
        }
        return CgroupPlan(
            vacate: vacation(directories),
            enable: enabling(directories, path: path),
            directories: directories,
            deviceProgram: draft.deviceProgram,
            warnings: draft.warnings,
            notes: draft.notes
        )
    }

    private func slot(for controller: Controller) -> (version: CgroupVersion, root: String)? {
        switch hierarchy.placement(of: controller, preferringUnifiedCore: prefersUnifiedCore) {
        case .legacy(let mount): (.v1, mount)
        case .unified(let tree): tree.base.map { (.v2, $0) }
        case nil: nil
        }
    }

    private func addLegacySetup(of controller: Controller, to directory: inout CgroupDirectory) {
        if directory.parentWrites.isEmpty {
            // A group inherits this from its parent; a release agent must never run for ours.
            directory.parentWrites.append(CgroupWrite("notify_on_release", "0"))
        }
        if controller == .memory {
            // Kernels before 5.11 charge parents only where this is set; newer ones accept the 1 and do so always.
            directory.parentWrites.append(CgroupWrite("memory.use_hierarchy", "1", optional: true))
        }
        if controller == .cpuset { directory.inherited = ["cpuset.cpus", "cpuset.mems"] }
    }

    private func enabling(_ directories: [CgroupDirectory], path: String) -> [ControllerEnabling] {
        guard let directory = directories.first(where: { $0.version == .v2 }) else { return [] }
        let controllers = directory.controllers.filter { !$0.isCoreOnUnified }
        if controllers.isEmpty { return [] }
        return ([directory.root] + directory.parents).map {
            ControllerEnabling(file: $0 + "/cgroup.subtree_control", controllers: controllers)
        }
    }

    /// The leaf that takes the processes of an occupied delegated cgroup; beside `bailey`, so no tenant can be called so.
    static let ownLeaf = "bailey-self"

    private func vacation(_ directories: [CgroupDirectory]) -> CgroupPlan.Vacation? {
        guard let tree = hierarchy.unified, tree.isOccupied, let base = tree.base,
            directories.contains(where: { $0.version == .v2 && $0.root == base })
        else { return nil }
        return CgroupPlan.Vacation(from: base, to: "\(base)/\(Self.ownLeaf)")
    }
}
