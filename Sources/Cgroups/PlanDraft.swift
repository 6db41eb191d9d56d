/// A plan in the making: writes per controller, and what was found wrong.
struct PlanDraft {
    let planner: CgroupPlanner
    let limits: ResourceLimits
    let bestEffort: Set<Knob>
    var writes = ControllerMap<[CgroupWrite]>()
    var used: Set<Controller> = []
    var deviceProgram: [UInt8]?
    var findings: [CgroupFinding] = []
    var warnings: [CgroupFinding] = []
    var notes: [CgroupFinding] = []

    init(planner: CgroupPlanner, limits: ResourceLimits, bestEffort: Set<Knob>) {
        self.planner = planner
        self.limits = limits
        self.bestEffort = bestEffort
    }

    /// Adds a write for a limit.
    mutating func add(_ controller: Controller, _ knob: Knob, _ file: String, _ value: String) {
        used.insert(controller)
        writes[controller, default: []].append(
            CgroupWrite(file, value, knob: knob, optional: bestEffort.contains(knob))
        )
    }

    /// The host cannot enforce it.
    mutating func lack(_ knob: Knob, _ reason: String, _ remedy: String) {
        let finding = CgroupFinding(.unenforceable, knob, reason, remedy)
        if bestEffort.contains(knob) { warnings.append(finding) } else { findings.append(finding) }
    }

    /// The value makes no sense anywhere.
    mutating func reject(_ knob: Knob?, _ reason: String, _ remedy: String) {
        findings.append(CgroupFinding(.invalid, knob, reason, remedy))
    }

    /// Which interface serves the limit here; nil, with a finding, when none does.
    mutating func version(of controller: Controller, for knob: Knob) -> CgroupVersion? {
        switch planner.hierarchy.placement(of: controller) {
        case .legacy: return .v1
        case .unified: return .v2
        case nil: break
        }
        if let base = planner.hierarchy.unified?.base, planner.hierarchy.version == .v2 {
            lack(
                knob,
                "the \(controller.rawValue) controller is not in \(base)/cgroup.controllers",
                "enable it in cgroup.subtree_control of the cgroups above, or let Delegate= of the systemd unit name it"
            )
        } else {
            lack(
                knob,
                "no cgroup mount has the \(controller.legacyName) controller",
                "mount it, or remove it from cgroup_disable= and cgroup_no_v1= on the kernel's command line"
            )
        }
        return nil
    }

    /// Whether a feature is there or may be; a finding when it is not.
    mutating func requires(_ feature: CgroupFeature, _ knob: Knob, _ reason: String, _ remedy: String) -> Bool {
        if planner.probe.feature(feature) != .absent { return true }
        lack(knob, reason, remedy)
        return false
    }

    mutating func checkPath(_ path: String) {
        let components = path.split(separator: "/", omittingEmptySubsequences: false)
        let isSound = components.allSatisfy { component in
            !component.isEmpty && component.utf8.count <= 255 && !component.hasPrefix(".")
                && !component.utf8.contains { $0 < 0x20 || $0 == 0x7F }
        }
        if !isSound {
            reject(
                nil,
                "'\(path)' is not a path of cgroups",
                "use names without slashes, leading dots or control characters"
            )
        }
        // A child named as a control file would be refused by the kernel, or hide the file from readers.
        let reserved = ["cgroup."] + Controller.allCases.flatMap { ["\($0.rawValue).", "\($0.legacyName)."] }
        for component in components where reserved.contains(where: { component.hasPrefix($0) }) {
            reject(nil, "the name '\(component)' may collide with a control file", "choose another name")
        }
        if components.first == Substring(CgroupPlanner.ownLeaf) {
            reject(nil, "the name '\(CgroupPlanner.ownLeaf)' is taken", "choose another name")
        }
    }

    mutating func checkDelegation() {
        guard planner.hierarchy.version == .v2 else { return }
        guard let tree = planner.hierarchy.unified else {
            let remedy = "mount cgroup2 on /sys/fs/cgroup"
            findings.append(CgroupFinding(.unenforceable, nil, "no cgroup file system is mounted", remedy))
            return
        }
        if tree.base == nil {
            let remedy =
                "run as root, or below a cgroup that belongs to you (systemd-run --user --scope -p Delegate=yes)"
            findings.append(
                CgroupFinding(.unenforceable, nil, "no cgroup below \(tree.mount) was delegated to this user", remedy)
            )
        }
    }
}
