/// What `bailey explain` prints.
extension JailSpec {
    /// Every value that is set or has a default, in the order of the reference.
    public var rows: [ExplainedValue] {
        var spec = self
        return metadataRows + Schema.keys.flatMap { $0.rows(&spec) } + capabilityRow
    }

    private var metadataRows: [ExplainedValue] {
        var rows: [ExplainedValue] = []
        if let name {
            rows.append(ExplainedValue(keyPath: "metadata.name", valueText: name.value, origin: name.origin))
        }
        if let tenant {
            rows.append(ExplainedValue(keyPath: "metadata.tenant", valueText: tenant.value, origin: tenant.origin))
        }
        for label in labels {
            let path = "metadata.labels." + label.value.name
            rows.append(ExplainedValue(keyPath: path, valueText: label.value.value, origin: label.origin))
        }
        for profile in profiles {
            rows.append(ExplainedValue(keyPath: "extends", valueText: profile.value, origin: profile.origin))
        }
        return rows
    }

    /// The set that results, because `add` and `drop` alone do not show it.
    private var capabilityRow: [ExplainedValue] {
        let names = effectiveCapabilities().map(\.value.name).joined(separator: " ")
        let said = security.addedCapabilities.last ?? security.droppedCapabilities.last
        return [
            ExplainedValue(
                keyPath: "security.capabilities",
                valueText: names.isEmpty ? "none" : names,
                origin: said?.origin ?? .builtin
            )
        ]
    }
}
