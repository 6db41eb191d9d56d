internal import YAML

typealias Node = YAML.Node
typealias Position = YAML.Position

extension Node {
    /// A key of a mapping that is a word, and its value.
    struct Entry: Sendable {
        let key: String
        let position: Position
        let value: Node
    }

    /// The entries of a mapping: of a key given twice its last mention, without keys that are no words.
    ///
    /// What is left out here is an error of its own: see ``YAMLText``.
    static func entries(of mapping: Mapping) -> [Entry] {
        let outdone = Set(mapping.doubleKeys.flatMap { $0.indices.dropLast() })
        return mapping.enumerated().compactMap { index, pair in
            guard let key = pair.key.string, key != "<<", !outdone.contains(index) else { return nil }
            return Entry(key: key, position: pair.key.position, value: pair.value)
        }
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .scalar: isNull || isEmpty ? "nothing" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
