/// Keys with one value.
extension Key {
    /// A key whose setting may be absent.
    static func value<Value: CustomStringConvertible>(
        _ path: String,
        _ slot: @escaping Slot<Setting<Value>?>,
        _ type: ValueType<Value>,
        _ about: About,
        shown: (@Sendable (JailSpec) -> Setting<Value>?)? = nil
    ) -> Key {
        Key(
            path: path,
            type: type.name,
            candidates: type.candidates,
            about: about,
            merging: .replace,
            isPlural: false,
            read: { node, spec, reading in
                guard let value = reading.value(node, type, "spec." + path) else { return }
                let setting = Setting(value, reading.origin(node.position))
                slot(&spec) { $0 = setting }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                let setting = Setting(try type.parse(text, rules), origin)
                slot(&spec) { $0 = setting }
            },
            reset: { slot(&$0) { $0 = nil } },
            rows: { spec in
                let shown = shown?(spec)
                return rows(slot, of: &spec) { row(path, shown ?? $0) }
            }
        )
    }

    /// A key with a built-in default.
    static func defaulted<Value: CustomStringConvertible>(
        _ path: String,
        _ slot: @escaping Slot<Setting<Value>>,
        _ type: ValueType<Value>,
        _ about: About
    ) -> Key {
        Key(
            path: path,
            type: type.name,
            candidates: type.candidates,
            about: about,
            merging: .replace,
            isPlural: false,
            read: { node, spec, reading in
                guard let value = reading.value(node, type, "spec." + path) else { return }
                let setting = Setting(value, reading.origin(node.position))
                slot(&spec) { $0 = setting }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                let setting = Setting(try type.parse(text, rules), origin)
                slot(&spec) { $0 = setting }
            },
            reset: { reset(slot, of: &$0) },
            rows: { rows(slot, of: &$0) { row(path, $0) } }
        )
    }

    /// A list that counts as one value: a later file's list takes the place of an earlier one's.
    ///
    /// Items given by flags take the place of a file's together.
    static func list<Value: CustomStringConvertible>(
        _ path: String,
        _ slot: @escaping Slot<Setting<[Value]>?>,
        _ type: ValueType<Value>,
        _ about: About,
        shown: (@Sendable (JailSpec) -> Setting<[Value]>?)? = nil
    ) -> Key {
        Key(
            path: path,
            type: "list of " + type.name,
            candidates: type.candidates,
            about: about,
            merging: .replace,
            isPlural: true,
            read: { node, spec, reading in
                guard let items = reading.list(node, "spec." + path) else { return }
                var values: [Value] = []
                for (index, item) in items.enumerated() {
                    if let value = reading.value(item, type, "spec.\(path)[\(index)]") { values.append(value) }
                }
                guard values.count == items.count else { return }
                let setting = Setting(values, reading.origin(node.position))
                slot(&spec) { $0 = setting }
            },
            take: { text, origin, spec, rules throws(ValueProblem) in
                let value = try type.parse(text, rules)
                slot(&spec) { setting in
                    let older = setting.flatMap { $0.origin.isSameLayer(as: origin) ? $0.value : nil } ?? []
                    setting = Setting(older + [value], origin)
                }
            },
            reset: { slot(&$0) { $0 = nil } },
            rows: { spec in
                let shown = shown?(spec)
                return rows(slot, of: &spec) { setting in
                    guard let setting = shown ?? setting else { return [] }
                    let text = "[" + setting.value.map { listed($0.description) }.joined(separator: ", ") + "]"
                    return [ExplainedValue(keyPath: path, valueText: text, origin: setting.origin)]
                }
            }
        )
    }

    private static func row<Value: CustomStringConvertible>(
        _ path: String,
        _ setting: Setting<Value>?
    ) -> [ExplainedValue] {
        guard let setting else { return [] }
        return [ExplainedValue(keyPath: path, valueText: setting.value.description, origin: setting.origin)]
    }

    /// An item as it can stand in a flow list.
    private static func listed(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            Names.isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || "/-_.".utf8.contains(byte)
        }
        return plain && !text.isEmpty && text.first != "-" ? text : text.quoted
    }
}
