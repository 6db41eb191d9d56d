/// Lays what documents say over a spec.
enum SpecReader {
    /// Lays the `spec` of `document` over `spec`: each key replaces or joins what was there before.
    static func apply(_ document: Document, to spec: inout JailSpec, _ reading: inout Reading) {
        forgetOtherRoot(document, &spec)
        apply(document.spec, section: "", to: &spec, &reading)
    }

    /// A document that names a template has no use for an inherited rootfs, and the other way round.
    private static func forgetOtherRoot(_ document: Document, _ spec: inout JailSpec) {
        if document.spec.contains(where: { $0.key == "template" }) { spec.rootfs = nil }
        if document.spec.contains(where: { $0.key == "rootfs" }) { spec.template = nil }
    }

    private static func apply(
        _ entries: [Node.Entry],
        section: String,
        to spec: inout JailSpec,
        _ reading: inout Reading
    ) {
        for entry in entries where !reading.isFull {
            let path = section.isEmpty ? entry.key : section + "." + entry.key
            // A key with dots would be a second way to write the same thing, and a double key nobody notices.
            switch entry.key.utf8.contains(UInt8(ascii: ".")) ? nil : Schema.place(path) {
            case .key(let key)?:
                if entry.value.isNull {
                    key.reset(&spec)
                } else {
                    key.read(entry.value, &spec, &reading)
                }
            case .section?:
                if entry.value.isNull {
                    for key in Schema.keys where key.isBelow(path) { key.reset(&spec) }
                } else if let inner = reading.map(entry.value, "spec." + path) {
                    apply(inner, section: path, to: &spec, &reading)
                }
            case nil:
                reportUnknown(entry, section, &reading)
            }
        }
    }

    private static func reportUnknown(_ entry: Node.Entry, _ section: String, _ reading: inout Reading) {
        let place = section.isEmpty ? "spec." : "spec.\(section)."
        let parts = entry.key.split(separator: ".")
        let isPath =
            parts.count > 1 && parts.count < 6
            && Schema.place(section.isEmpty ? entry.key : "\(section).\(entry.key)") != nil
        let nested = parts.dropLast().reversed().reduce(parts.last.map { "\($0): …" } ?? "") { "\($1): { \($0) }" }
        reading.report(
            "unknown key",
            at: entry.position,
            place + Key.shortened(entry.key),
            suggestion: isPath ? nested : Schema.suggestion(for: entry.key, in: section)
        )
    }

    /// Takes name, tenant and labels from the document that describes the jail itself; parents give none.
    static func applyMetadata(_ document: Document, to spec: inout JailSpec, _ reading: inout Reading) {
        for entry in document.metadata where !reading.isFull {
            switch entry.key {
            case "name":
                if let name = name(entry, of: document, &reading) {
                    spec.name = Setting(name, reading.origin(entry.value.position))
                }
            case "tenant":
                if let tenant = reading.value(entry.value, .name, "metadata.tenant") {
                    spec.tenant = Setting(tenant, reading.origin(entry.value.position))
                }
            case "labels":
                readLabels(entry.value, &spec, &reading)
            default:
                reading.report(
                    "unknown key",
                    at: entry.position,
                    "metadata." + Key.shortened(entry.key),
                    suggestion: Suggestion.nearest(to: entry.key, among: ["name", "tenant", "labels"])
                )
            }
        }
        if document.kind == .jail, !document.metadata.contains(where: { $0.key == "name" }) {
            reading.report("a jail needs a name", at: document.position, "metadata.name")
        }
    }

    /// The name of a profile may say its folder too, as in `webhost/small`.
    private static func name(_ entry: Node.Entry, of document: Document, _ reading: inout Reading) -> String? {
        guard document.kind == .profile else { return reading.value(entry.value, .name, "metadata.name") }
        let type = ValueType<String>(name: "name") { text, _ throws(ValueProblem) in
            try Names.checkPath(text)
            return text
        }
        _ = reading.value(entry.value, type, "metadata.name")
        return nil
    }

    private static func readLabels(_ node: Node, _ spec: inout JailSpec, _ reading: inout Reading) {
        for entry in reading.map(node, "metadata.labels") ?? [] {
            let keyPath = "metadata.labels." + Key.shortened(entry.key)
            guard let text = reading.scalar(entry.value, keyPath) else { continue }
            do throws(ValueProblem) {
                let label = Setting(try Label(checking: entry.key, text), reading.origin(entry.value.position))
                if let place = label.place(in: spec.labels) {
                    spec.labels[place] = label
                } else {
                    spec.labels.append(label)
                }
            } catch {
                reading.report(error, at: entry.position, keyPath)
            }
        }
    }
}
