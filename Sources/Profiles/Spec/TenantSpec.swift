/// A customer or reseller: limits that its jails have together, and who may operate them.
public struct TenantSpec: Sendable {
    /// Its name.
    public var name: Setting<String>
    /// The tenant whose share it is part of.
    public var parent: Setting<String>?
    /// Notes for listing and selecting.
    public var labels: [Setting<Label>] = []
    /// Users of the host who may look at, start, stop, restart, enter and read the logs of its jails.
    public var users: [Setting<String>] = []
    /// The most jails it may have.
    public var maxJails: Setting<Int>?
    /// What all its jails together are promised and may use; `pids.max` only where it was said.
    public var resources = Resources()
    /// Keys below `resources` that a host may be unable to enforce.
    public var bestEffort: [Setting<String>] = []

    /// A tenant without limits.
    public init(name: Setting<String>) { self.name = name }

    /// The limits as a spec that can be planned like a jail's; a tenant has no default limit of processes.
    public var limits: JailSpec {
        var spec = JailSpec()
        (spec.name, spec.resources, spec.bestEffort) = (name, resources, bestEffort)
        if case .builtin = resources.maxProcesses.origin { spec.resources.maxProcesses = Setting(.unlimited) }
        return spec
    }

    /// Every value that was said, in the order of the reference.
    public var rows: [ExplainedValue] {
        var rows = [ExplainedValue(keyPath: "metadata.name", valueText: name.value, origin: name.origin)]
        if let parent { rows.append(ExplainedValue(keyPath: "parent", valueText: parent.value, origin: parent.origin)) }
        for label in labels {
            let path = "metadata.labels." + label.value.name
            rows.append(ExplainedValue(keyPath: path, valueText: label.value.value, origin: label.origin))
        }
        for user in users {
            rows.append(ExplainedValue(keyPath: "users", valueText: user.value, origin: user.origin))
        }
        if let maxJails {
            rows.append(ExplainedValue(keyPath: "jails.max", valueText: "\(maxJails.value)", origin: maxJails.origin))
        }
        return rows
            + limits.rows.filter { row in
                if case .builtin = row.origin { return false }
                return row.keyPath.hasPrefix("resources.") || row.keyPath == "bestEffort"
            }
    }
}
