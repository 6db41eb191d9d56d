import YAML

/// The mechanics of reading a document: fields, texts, lists and names, with a finding for everything that is not so.
struct PolicyFields {
    let file: String
    private(set) var findings: [PolicyFinding] = []

    init(file: String) {
        self.file = file
    }

    mutating func report(_ node: Node, _ path: String, _ message: String, suggestion: String? = nil) {
        report(position(node), path, message, suggestion: suggestion)
    }

    mutating func report(
        _ place: SeccompPolicy.Position,
        _ path: String,
        _ message: String,
        suggestion: String? = nil
    ) {
        findings.append(
            PolicyFinding(
                file: place.file,
                line: place.line,
                column: place.column,
                keyPath: path,
                message: message,
                suggestion: suggestion
            )
        )
    }

    func position(_ node: Node) -> SeccompPolicy.Position {
        SeccompPolicy.Position(file: file, line: node.position.line, column: node.position.column)
    }

    /// The values of a mapping by key; a key that is not `known` is a finding.
    mutating func mapping(_ node: Node, _ path: String, known: [String]) -> [String: Node]? {
        guard case .mapping(let pairs) = node else {
            report(node, path, "a mapping with \(known.joined(separator: ", ")) belongs here")
            return nil
        }
        var fields: [String: Node] = [:]
        for (key, value) in pairs {
            let name = key.string ?? ""
            if known.contains(name) {
                fields[name] = value
            } else {
                let place = path.isEmpty ? name : "\(path).\(name)"
                report(key, place, "unknown key '\(name)'", suggestion: advice(name, known))
            }
        }
        return fields
    }

    /// A scalar that is not empty.
    mutating func text(_ node: Node, _ path: String) -> String? {
        if let text = node.string, !text.isEmpty { return text }
        report(node, path, "a text belongs here")
        return nil
    }

    /// The items of a list.
    mutating func list(_ node: Node, _ path: String) -> [Node] {
        if case .sequence(let list) = node { return list.items }
        report(node, path, "a list belongs here", suggestion: "write [ … ], or one item per line after a dash")
        return []
    }

    /// A scalar that has to be one of `choices`.
    mutating func choice(_ node: Node, _ path: String, _ what: String, of choices: [String]) -> String? {
        guard let text = text(node, path) else { return nil }
        if choices.contains(text) { return text }
        report(node, path, "unknown \(what) '\(text)'", suggestion: advice(text, choices))
        return nil
    }

    /// An unsigned number: decimal, or hexadecimal with `0x`.
    mutating func number(_ node: Node, _ path: String) -> UInt64? {
        guard let text = text(node, path) else { return nil }
        let number = text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
        if number == nil {
            report(
                node,
                path,
                "'\(text)' is no unsigned 64-bit number",
                suggestion: "write 40 or 0x28; for a negative int its 32 bits with mask 0xffffffff"
            )
        }
        return number
    }

    /// `did you mean …`, or all there is when that is not much.
    func advice(_ name: String, _ choices: [String]) -> String? {
        if let nearest = Suggestion.nearest(to: name, among: choices) { return "did you mean '\(nearest)'?" }
        return choices.count <= 12 ? "known are \(choices.joined(separator: ", "))" : nil
    }
}
