/// A place in a document.
struct Position: Sendable, Hashable {
    /// From 1.
    var line: Int
    /// From 1, in Unicode scalars.
    var column: Int
}

/// A piece of a YAML document: what we need of it, and where it stands.
struct Node: Sendable {
    /// What it is.
    enum Content: Sendable {
        /// A text; `isPlain` when it stands without quotation marks, so that `null` may mean null.
        case scalar(String, isPlain: Bool)
        case list([Node])
        case map([Entry])
    }

    /// A key of a mapping and its value.
    struct Entry: Sendable {
        let key: String
        let position: Position
        let value: Node
    }

    let content: Content
    let position: Position

    /// Whether it is an explicit null: the key takes its built-in default again.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return text == "null" || text == "~" || text == "Null" || text == "NULL"
    }

    /// Whether nothing was written after the key.
    var isEmpty: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return text.isEmpty
    }

    /// What it is, for messages.
    var kind: String {
        switch content {
        case .scalar: isNull || isEmpty ? "nothing" : "a single value"
        case .list: "a list"
        case .map: "a mapping"
        }
    }
}
