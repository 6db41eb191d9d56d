/// Keys whose items from several files are joined.
extension Key {
    /// A set of single values: each new one is added, one that is there already takes the new place.
    ///
    /// `opposite` loses a value that is added here, unless the same file said both: then a check reports it.
    static func set<Value: CustomStringConvertible & Hashable>(
        _ path: String,
        _ slot: @escaping Slot<[Setting<Value>]>,
        _ type: ValueType<Value>,
        _ about: About,
        opposite: Slot<[Setting<Value>]>? = nil
    ) -> Key {
        let insert = { @Sendable (value: Value, origin: Origin, spec: inout JailSpec) in
            slot(&spec) { list in
                list.removeAll { $0.value == value }
                list.append(Setting(value, origin))
            }
            opposite?(&spec) { list in
                list.removeAll { $0.value == value && !$0.origin.isSameLayer(as: origin) }
            }
        }
        return Key(
            path: path,
            type: "list of " + type.name,
            candidates: type.candidates,
            about: about,
            merging: .join,
            isPlural: true,
            read: { node, spec, reading in
                for (index, item) in (reading.list(node, "spec." + path) ?? []).enumerated() {
                    guard let value = reading.value(item, type, "spec.\(path)[\(index)]") else { continue }
                    insert(value, reading.origin(item.position), &spec)
                }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                insert(try type.parse(text, rules), origin, &spec)
            },
            reset: { slot(&$0) { $0 = [] } },
            rows: { spec in
                rows(slot, of: &spec) { list in
                    list.map { ExplainedValue(keyPath: path, valueText: $0.value.description, origin: $0.origin) }
                }
            }
        )
    }

    /// A mapping with free names; `null` takes an inherited item away.
    static func map<Item: KeyedItem & CustomStringConvertible>(
        _ path: String,
        _ slot: @escaping Slot<[Setting<Item>]>,
        type: String,
        candidates: [String] = [],
        _ about: About,
        item: @escaping @Sendable (String, String, ReadingRules) throws(ValueProblem) -> Item
    ) -> Key {
        Key(
            path: path,
            type: type,
            candidates: candidates,
            about: about,
            merging: .joinByName,
            isPlural: true,
            read: { node, spec, reading in
                for entry in reading.map(node, "spec." + path) ?? [] {
                    readEntry(entry, path, slot, &spec, &reading, item)
                }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                guard let equals = text.firstIndex(of: "=") else {
                    throw ValueProblem("\(text.quoted) is not NAME=VALUE")
                }
                let new = try item(String(text[..<equals]), String(text[text.index(after: equals)...]), rules)
                slot(&spec) { insert(Setting(new, origin), into: &$0) }
            },
            reset: { reset(slot, of: &$0) },
            rows: { rows(slot, of: &$0) { itemRows(path, $0) } }
        )
    }

    private static func readEntry<Item: KeyedItem>(
        _ entry: Node.Entry,
        _ path: String,
        _ slot: Slot<[Setting<Item>]>,
        _ spec: inout JailSpec,
        _ reading: inout Reading,
        _ item: (String, String, ReadingRules) throws(ValueProblem) -> Item
    ) {
        let keyPath = "spec.\(path).\(shortened(entry.key))"
        if entry.value.isNull {
            slot(&spec) { $0.removeAll { $0.value.identity == entry.key } }
            return
        }
        if entry.value.isEmpty {
            reading.report("the value is missing", at: entry.position, keyPath, suggestion: "\"\"")
            return
        }
        guard let text = entry.value.string else {
            reading.report("expected a single value, found \(entry.value.kind)", at: entry.value.position, keyPath)
            return
        }
        do throws(ValueProblem) {
            let new = try item(entry.key, text, reading.rules)
            let setting = Setting(new, reading.origin(entry.position))
            slot(&spec) { insert(setting, into: &$0) }
        } catch {
            reading.report(error, at: entry.position, keyPath)
        }
    }

    /// A list of mappings, each with the same fields.
    static func records<Item: KeyedItem & CustomStringConvertible>(
        _ path: String,
        _ slot: @escaping Slot<[Setting<Item>]>,
        _ record: Record<Item>,
        _ about: About
    ) -> Key {
        Key(
            path: path,
            type: "list of mappings",
            candidates: [],
            about: about,
            merging: .joinByName,
            fields: record.fields.map(\.description),
            isPlural: true,
            read: { node, spec, reading in
                for (index, item) in (reading.list(node, "spec." + path) ?? []).enumerated() {
                    guard let new = record.read(item, "spec.\(path)[\(index)]", &reading) else { continue }
                    let setting = Setting(new, reading.origin(item.position))
                    slot(&spec) { insert(setting, into: &$0) }
                }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                let setting = Setting(try record.flag(text, rules), origin)
                slot(&spec) { insert(setting, into: &$0) }
            },
            reset: { reset(slot, of: &$0) },
            rows: { rows(slot, of: &$0) { itemRows(path, $0) } }
        )
    }

    private static func insert<Item: KeyedItem>(_ new: Setting<Item>, into list: inout [Setting<Item>]) {
        if let place = new.place(in: list) { list[place] = new } else { list.append(new) }
    }

    private static func itemRows<Item: KeyedItem & CustomStringConvertible>(
        _ path: String,
        _ list: [Setting<Item>]
    ) -> [ExplainedValue] {
        list.map { setting in
            ExplainedValue(
                keyPath: "\(path).\(setting.value.identity)",
                valueText: setting.value.description,
                origin: setting.origin
            )
        }
    }

    /// A name from a file, short enough for a message.
    static func shortened(_ name: String) -> String {
        let visible = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
        return visible && name.utf8.count <= 60 ? name : name.quoted
    }
}
