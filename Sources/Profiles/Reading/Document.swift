/// A document of a file: its head, and where its `spec` stands.
struct Document: Sendable {
    /// What a document describes.
    enum Kind: String, CaseIterable, Sendable {
        case jail = "Jail"
        case profile = "Profile"
        case tenant = "Tenant"
        case template = "Template"
    }

    /// A profile named by `extends`.
    struct Parent: Sendable {
        let name: String
        let position: Position
    }

    static let version = "bailey/v1"

    let file: String
    let kind: Kind
    let position: Position
    /// Key, value and position of the entries of `metadata`.
    let metadata: [Node.Entry]
    let parents: [Parent]
    /// The entries of `spec` without `extends`.
    var spec: [Node.Entry]

    /// Reads the head of `node`; nil and findings if it is no document of ours.
    init?(_ node: Node, kinds: Set<Kind> = [.jail, .profile], _ reading: inout Reading) {
        guard case .mapping(let mapping) = node else {
            reading.report("a document is a mapping with apiVersion, kind and spec", at: node.position, "")
            return nil
        }
        let entries = Node.entries(of: mapping)
        let known = ["apiVersion", "kind", "metadata", "spec"]
        for entry in entries where !known.contains(entry.key) && !reading.isFull {
            let place = Schema.suggestion(for: entry.key, in: "").map { $0.hasPrefix("spec.") ? $0 : "spec." + $0 }
            reading.report(
                "unknown key",
                at: entry.position,
                Key.shortened(entry.key),
                suggestion: Suggestion.nearest(to: entry.key, among: known) ?? place
            )
        }
        func value(_ key: String) -> Node? { entries.first { $0.key == key }?.value }
        Self.checkVersion(value("apiVersion"), of: node, &reading)
        guard let kind = Self.kind(value("kind"), of: node, kinds, &reading) else { return nil }
        self.file = reading.file
        self.kind = kind
        position = node.position
        metadata = value("metadata").flatMap { reading.map($0, "metadata") } ?? []
        let all = value("spec").flatMap { $0.isNull || $0.isEmpty ? [] : reading.map($0, "spec") } ?? []
        spec = all.filter { $0.key != "extends" }
        parents = all.first { $0.key == "extends" }.map { Self.parents($0.value, &reading) } ?? []
    }

    private static func checkVersion(_ node: Node?, of document: Node, _ reading: inout Reading) {
        guard let node else {
            reading.report("apiVersion is missing", at: document.position, "", suggestion: "apiVersion: \(version)")
            return
        }
        guard let text = reading.scalar(node, "apiVersion"), text != version else { return }
        reading.report(
            "\(text.quoted) is not a version known here",
            at: node.position,
            "apiVersion",
            suggestion: version
        )
    }

    private static func kind(
        _ node: Node?,
        of document: Node,
        _ kinds: Set<Kind>,
        _ reading: inout Reading
    ) -> Kind? {
        guard let node else {
            reading.report("kind is missing", at: document.position, "", suggestion: "kind: Jail")
            return nil
        }
        guard let text = reading.scalar(node, "kind") else { return nil }
        guard let kind = Kind(rawValue: text) else {
            reading.report(
                "\(text.quoted) is not a kind: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))",
                at: node.position,
                "kind",
                suggestion: Suggestion.nearest(to: text, among: Kind.allCases.lazy.map(\.rawValue))
            )
            return nil
        }
        if kinds.contains(kind) { return kind }
        switch kind {
        case .tenant:
            reading.report(
                "kind Tenant is declared with bailey apply; no jail can be made of it",
                at: node.position,
                "kind"
            )
        default:
            reading.report(
                "kind Template says how a rootfs is made, with bailey template build; no jail can be made of it",
                at: node.position,
                "kind"
            )
        }
        return nil
    }

    private static func parents(_ node: Node, _ reading: inout Reading) -> [Parent] {
        var parents: [Parent] = []
        let type = ValueType<String>(name: "profile") { text, _ throws(ValueProblem) in
            try Names.checkPath(text)
            return text
        }
        for (index, item) in (reading.list(node, "spec.extends") ?? []).enumerated() {
            guard let name = reading.value(item, type, "spec.extends[\(index)]") else { continue }
            parents.append(Parent(name: name, position: item.position))
        }
        return parents
    }
}
