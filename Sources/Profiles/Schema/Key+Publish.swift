extension Key {
    /// `network.publish`: ports, and web sites by name, in one list.
    ///
    ///     publish: ["8080:80", { http: shop.example }, { https: "shop.example:8080" }]
    static func publish(_ path: String, _ about: About) -> Key {
        Key(
            path: path,
            type: "list of [ip:]hostport:port[/protocol], {http: name[:port]} or {https: name[:port]}",
            candidates: [],
            about: about,
            merging: .join,
            isPlural: true,
            read: { node, spec, reading in
                // One site needs no list around it.
                if case .mapping = node { return readSites(node, "spec.\(path)", &spec, &reading) }
                for (index, item) in (reading.list(node, "spec." + path) ?? []).enumerated() {
                    let place = "spec.\(path)[\(index)]"
                    if case .mapping = item {
                        readSites(item, place, &spec, &reading)
                    } else if let text = reading.scalar(item, place) {
                        do throws(ValueProblem) {
                            try add(text, reading.origin(item.position), &spec, reading.rules)
                        } catch {
                            reading.report(error, at: item.position, place)
                        }
                    }
                }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in try add(text, origin, &spec, rules) },
            reset: { ($0.network.publish, $0.network.sites) = ([], []) },
            rows: { spec in
                spec.network.publish.map {
                    ExplainedValue(keyPath: path, valueText: $0.value.description, origin: $0.origin)
                }
                    + spec.network.sites.map {
                        ExplainedValue(keyPath: path, valueText: $0.value.description, origin: $0.origin)
                    }
            }
        )
    }

    private static func readSites(_ node: Node, _ place: String, _ spec: inout JailSpec, _ reading: inout Reading) {
        for entry in reading.map(node, place) ?? [] {
            guard entry.key == "http" || entry.key == "https" else {
                reading.report(
                    "unknown key: a site is http: NAME or https: NAME",
                    at: entry.position,
                    "\(place).\(shortened(entry.key))"
                )
                continue
            }
            let keyPath = "\(place).\(entry.key)"
            guard let text = reading.scalar(entry.value, keyPath) else { continue }
            do throws(ValueProblem) {
                let site = try PublishedSite(parsing: text, isSecure: entry.key == "https")
                add(site, reading.origin(entry.value.position), &spec)
            } catch {
                reading.report(error, at: entry.value.position, keyPath)
            }
        }
    }

    private static func add(
        _ text: String,
        _ origin: Origin,
        _ spec: inout JailSpec,
        _ rules: ReadingRules
    ) throws(ValueProblem) {
        if let site = try PublishedSite(flag: text) { return add(site, origin, &spec) }
        let port = try ValueType<PublishedPort>.publishedPort.parse(text, rules)
        spec.network.publish.removeAll { $0.value == port }
        spec.network.publish.append(Setting(port, origin))
    }

    private static func add(_ site: PublishedSite, _ origin: Origin, _ spec: inout JailSpec) {
        spec.network.sites.removeAll { $0.value.name == site.name && $0.value.isSecure == site.isSecure }
        spec.network.sites.append(Setting(site, origin))
    }
}
