import Yams

/// The only place that knows the YAML library.
enum YAMLReading {
    /// Far more than a policy needs; a document that repeats itself through aliases stops here.
    private static let maximumNodes = 20_000

    /// The single document in `text`.
    static func document(_ text: String) throws(YAMLProblem) -> YAMLNode {
        let root: Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch {
            throw problem(error)
        }
        guard let root else { throw YAMLProblem(line: 1, column: 1, message: "the document is empty") }
        var room = maximumNodes
        return try convert(root, room: &room)
    }

    private static func convert(_ node: Node, room: inout Int) throws(YAMLProblem) -> YAMLNode {
        let line = node.mark?.line ?? 1
        let column = node.mark?.column ?? 1
        room -= 1
        guard room > 0 else { throw YAMLProblem(line: line, column: column, message: "the document is too large") }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(value: .scalar(scalar.string), line: line, column: column)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence { items.append(try convert(item, room: &room)) }
            return YAMLNode(value: .sequence(items), line: line, column: column)
        case .mapping(let mapping):
            var pairs: [(key: YAMLNode, value: YAMLNode)] = []
            for (key, value) in mapping {
                pairs.append((try convert(key, room: &room), try convert(value, room: &room)))
            }
            return YAMLNode(value: .mapping(pairs), line: line, column: column)
        case .alias:
            throw YAMLProblem(line: line, column: column, message: "aliases are not supported in policies")
        }
    }

    private static func problem(_ error: any Error) -> YAMLProblem {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            YAMLProblem(line: mark.line, column: mark.column, message: "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let names, let context):
            YAMLProblem(
                line: context.mark.line,
                column: context.mark.column,
                message: "the key '\(names.first ?? "")' stands twice in one mapping"
            )
        case .reader(let problem, _, _, _):
            YAMLProblem(line: 1, column: 1, message: "not YAML: \(problem)")
        default:
            YAMLProblem(line: 1, column: 1, message: "not YAML")
        }
    }
}
