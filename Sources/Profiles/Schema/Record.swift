/// A mapping with a fixed set of fields, such as one mount.
struct Record<Item: Sendable>: Sendable {
    let fields: [Field<Item>]
    /// An item with defaults.
    let new: @Sendable () -> Item
    /// Checks what several fields together must be.
    let check: @Sendable (Item) throws(ValueProblem) -> Item
    /// Reads the short form that a flag takes.
    let flag: @Sendable (String, ReadingRules) throws(ValueProblem) -> Item

    /// The item that `node` describes, or nil and findings.
    func read(_ node: Node, _ keyPath: String, _ reading: inout Reading) -> Item? {
        guard let entries = reading.map(node, keyPath) else { return nil }
        var item = new()
        let before = reading.findings.count
        for entry in entries where !reading.isFull {
            let path = keyPath + "." + Key.shortened(entry.key)
            guard let field = fields.first(where: { $0.description.name == entry.key }) else {
                let near = Suggestion.nearest(to: entry.key, among: fields.lazy.map(\.description.name))
                reading.report("unknown key", at: entry.position, path, suggestion: near)
                continue
            }
            field.read(entry.value, path, &item, &reading)
        }
        guard reading.findings.count == before else { return nil }
        do throws(ValueProblem) {
            return try check(item)
        } catch {
            reading.report(error, at: node.position, keyPath)
            return nil
        }
    }
}

/// A field of a ``Record``.
struct Field<Item: Sendable>: Sendable {
    let description: FieldDescription
    let read: @Sendable (Node, String, inout Item, inout Reading) -> Void

    /// A field with one value.
    init<Value>(
        _ name: String,
        _ type: ValueType<Value>,
        fallback: String,
        _ summary: String,
        set: @escaping @Sendable (inout Item, Value) throws(ValueProblem) -> Void
    ) {
        description = FieldDescription(
            name: name,
            type: type.name,
            fallback: fallback,
            summary: summary,
            candidates: type.candidates
        )
        read = { node, path, item, reading in
            guard let value = reading.value(node, type, path) else { return }
            do throws(ValueProblem) {
                try set(&item, value)
            } catch {
                reading.report(error, at: node.position, path)
            }
        }
    }

    /// A field with a list of values.
    init<Value>(
        list name: String,
        _ type: ValueType<Value>,
        _ summary: String,
        add: @escaping @Sendable (inout Item, Value) -> Void
    ) {
        description = FieldDescription(
            name: name,
            type: "list of " + type.name,
            fallback: "none",
            summary: summary,
            candidates: type.candidates
        )
        read = { node, path, item, reading in
            for (index, element) in (reading.list(node, path) ?? []).enumerated() {
                if let value = reading.value(element, type, "\(path)[\(index)]") { add(&item, value) }
            }
        }
    }
}
