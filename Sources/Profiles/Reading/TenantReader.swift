/// Reads a document of kind Tenant.
enum TenantReader {
    /// The tenant that a document declares; nil and findings if it has no name.
    static func read(_ document: Document, _ reading: inout Reading) -> TenantSpec? {
        var jail = JailSpec()
        SpecReader.applyMetadata(document, to: &jail, &reading)
        guard let name = jail.name else {
            if !document.metadata.contains(where: { $0.key == "name" }) {
                reading.report("a tenant needs a name", at: document.position, "metadata.name")
            }
            return nil
        }
        if let tenant = jail.tenant {
            reading.add(tenant.origin.finding(at: "metadata.tenant", "a tenant is part of another by spec.parent"))
        }
        var spec = TenantSpec(name: name)
        spec.labels = jail.labels
        var limits = document
        limits.spec = []
        for entry in document.spec where !reading.isFull { take(entry, &spec, &limits, &reading) }
        SpecReader.apply(limits, to: &jail, &reading)
        (spec.resources, spec.bestEffort) = (jail.resources, jail.bestEffort)
        for finding in jail.contradictions() { reading.add(finding) }
        return spec
    }

    private static func take(
        _ entry: Node.Entry,
        _ spec: inout TenantSpec,
        _ limits: inout Document,
        _ reading: inout Reading
    ) {
        switch entry.key {
        case "resources", "bestEffort": limits.spec.append(entry)
        case "parent":
            if let name = reading.value(entry.value, .name, "spec.parent") {
                spec.parent = Setting(name, reading.origin(entry.value.position))
            }
        case "users":
            for (index, item) in (reading.list(entry.value, "spec.users") ?? []).enumerated() {
                if let user = reading.value(item, .name, "spec.users[\(index)]") {
                    spec.users.append(Setting(user, reading.origin(item.position)))
                }
            }
        case "jails":
            for inner in reading.map(entry.value, "spec.jails") ?? [] {
                guard inner.key == "max" else {
                    reading.report(
                        "unknown key",
                        at: inner.position,
                        "spec.jails." + Key.shortened(inner.key),
                        suggestion: "max"
                    )
                    continue
                }
                if let count = reading.value(inner.value, .integer(0...1_000_000), "spec.jails.max") {
                    spec.maxJails = Setting(count, reading.origin(inner.value.position))
                }
            }
        default:
            reading.report(
                "unknown key",
                at: entry.position,
                "spec." + Key.shortened(entry.key),
                suggestion: Suggestion.nearest(
                    to: entry.key,
                    among: ["parent", "users", "jails", "resources", "bestEffort"]
                )
            )
        }
    }
}
