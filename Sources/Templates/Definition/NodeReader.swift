import YAML

/// A mapping of the document, with the path that led to it.
struct Section {
    let node: Node
    let mapping: Node.Mapping
    let keyPath: String

    func path(_ key: String) -> String { keyPath.isEmpty ? key : "\(keyPath).\(key)" }
}

/// Reads typed values out of YAML nodes and collects every finding on the way: reading never stops at the first.
///
/// A reader that could not make sense of a value returns `nil` and has noted why; nothing it returned is used when
/// there is a finding.
struct NodeReader {
    let file: String
    private(set) var findings: [TemplateFinding] = []
    /// The values that `${name}` stands for.
    var arguments: [String: String] = [:]

    init(file: String) {
        self.file = file
    }

    mutating func note(_ node: Node, _ keyPath: String, _ message: String, suggestion: String? = nil) {
        findings.append(
            TemplateFinding(
                file: file,
                line: node.position.line,
                column: node.position.column,
                keyPath: keyPath,
                message: message,
                suggestion: suggestion
            )
        )
    }

    /// The mapping `node`, every key of which is one of `keys`.
    mutating func section(_ node: Node, _ keyPath: String, keys: [String]?) -> Section? {
        guard case .mapping(let mapping) = node else {
            note(node, keyPath, "a mapping belongs here")
            return nil
        }
        let section = Section(node: node, mapping: mapping, keyPath: keyPath)
        guard let keys else { return section }
        for (key, _) in mapping {
            let name = key.string ?? ""
            if !keys.contains(name) {
                note(key, section.path(name), "unknown key", suggestion: NearestName.to(name, in: keys))
            }
        }
        return section
    }

    /// The value of a key, which a `required` one must have.
    mutating func value(_ section: Section, _ key: String, required: Bool = false) -> Node? {
        let node = section.mapping[key]
        if node == nil, required { note(section.node, section.path(key), "is missing") }
        return node
    }

    /// A text with `${name}` replaced, unless it is `verbatim`.
    mutating func text(_ node: Node, _ keyPath: String, verbatim: Bool = false) -> String? {
        guard case .scalar(let scalar) = node, !node.isEmpty else {
            note(node, keyPath, "a text belongs here")
            return nil
        }
        if scalar.string.utf8.contains(0) {
            note(node, keyPath, "a zero byte cannot stand here")
            return nil
        }
        return verbatim ? scalar.string : substituted(scalar.string, node, keyPath)
    }

    mutating func text(_ section: Section, _ key: String, required: Bool = false, verbatim: Bool = false) -> String? {
        value(section, key, required: required).flatMap { text($0, section.path(key), verbatim: verbatim) }
    }

    mutating func texts(_ node: Node, _ keyPath: String, verbatim: Bool = false) -> [String]? {
        guard case .sequence(let items) = node else {
            note(node, keyPath, "a list belongs here")
            return nil
        }
        return items.enumerated().compactMap { text($0.element, "\(keyPath)[\($0.offset)]", verbatim: verbatim) }
    }

    mutating func texts(_ section: Section, _ key: String, required: Bool = false) -> [String]? {
        value(section, key, required: required).flatMap { texts($0, section.path(key)) }
    }

    /// A mapping of names to texts, sorted by name.
    mutating func pairs(_ section: Section, _ key: String, verbatim: Bool = false) -> [(name: String, value: String)]? {
        guard let node = value(section, key), let inner = self.section(node, section.path(key), keys: nil) else {
            return nil
        }
        var pairs: [(name: String, value: String)] = []
        for (name, value) in inner.mapping {
            guard let name = name.string, Self.isVariableName(name) else {
                note(name, inner.path(name.string ?? ""), "names are letters, digits and '_', first no digit")
                continue
            }
            if let text = text(value, inner.path(name), verbatim: verbatim) { pairs.append((name, text)) }
        }
        return pairs.sorted { $0.name < $1.name }
    }

    mutating func flag(_ section: Section, _ key: String) -> Bool? {
        guard let node = value(section, key) else { return nil }
        guard let flag = node.bool else {
            note(node, section.path(key), "true or false belongs here")
            return nil
        }
        return flag
    }

    static func isVariableName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
    }

    private mutating func substituted(_ text: String, _ node: Node, _ keyPath: String) -> String? {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "$") {
            result += rest[..<open]
            rest = rest[open...]
            guard rest.hasPrefix("${"), let close = rest.firstIndex(of: "}") else {
                result.append(rest.removeFirst())
                continue
            }
            let name = String(rest[rest.index(open, offsetBy: 2)..<close])
            guard let value = arguments[name] else {
                let near = NearestName.to(name, in: arguments.keys)
                note(node, keyPath, "no argument is called \"\(name)\"", suggestion: near)
                return nil
            }
            result += value
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}
