/// One option of a command: its names and whether it takes a value.
struct OptionSpec {
    var names: [String]
    var takesValue: Bool

    static func flag(_ names: String...) -> OptionSpec { OptionSpec(names: names, takesValue: false) }
    static func value(_ names: String...) -> OptionSpec { OptionSpec(names: names, takesValue: true) }
}

/// A command's words, taken apart as runc and crun do: options before, between and after the first positional word, with
/// one or two dashes, the value behind `=` or as the next word.
struct Arguments {
    private(set) var flags: Set<String> = []
    private(set) var values: [String: [String]] = [:]
    private(set) var positional: [String] = []
    /// What stood before the first positional word was taken apart, the rest not.
    private(set) var rest: ArraySlice<String> = []

    /// Takes `words` apart; after `limit` positional ones everything else is passed on as it is.
    init(
        _ words: ArraySlice<String>,
        _ specs: [OptionSpec],
        stopsAt limit: Int = .max,
        command: String
    ) throws(RuntimeError) {
        var words = words
        while let word = words.first {
            if positional.count >= limit { break }
            words = words.dropFirst()
            if word == "--" {
                positional += words
                words = []
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                continue
            }
            try take(word, &words, specs, command)
        }
        rest = words
    }

    private mutating func take(
        _ word: String,
        _ words: inout ArraySlice<String>,
        _ specs: [OptionSpec],
        _ command: String
    ) throws(RuntimeError) {
        let bare = word.drop { $0 == "-" }
        let name = String(bare.prefix { $0 != "=" })
        let attached = bare.contains("=") ? String(bare.dropFirst(name.count + 1)) : nil
        if let spec = specs.first(where: { $0.names.contains(name) }) {
            let key = spec.names[0]
            guard spec.takesValue else {
                if attached != "false" { flags.insert(key) }
                return
            }
            guard let value = attached ?? words.popFirst() else {
                throw RuntimeError("\(command): option \(word) wants a value: see bailey-oci \(command) --help")
            }
            values[key, default: []].append(value)
            return
        }
        // Several letters behind one dash, or a letter with its value: -it, -u1000.
        if !word.hasPrefix("--"), let first = name.first {
            let letter = String(first)
            if let spec = specs.first(where: { $0.names.contains(letter) }), name.count > 1 {
                if spec.takesValue {
                    values[spec.names[0], default: []].append(String(bare.dropFirst()))
                    return
                }
                flags.insert(spec.names[0])
                return try take("-" + bare.dropFirst(), &words, specs, command)
            }
        }
        throw RuntimeError("\(command): unknown option \(word): see bailey-oci \(command) --help")
    }

    func has(_ name: String) -> Bool { flags.contains(name) }
    func value(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func number(_ name: String, _ command: String) throws(RuntimeError) -> Int32? {
        guard let text = value(name) else { return nil }
        guard let number = Int32(text) else { throw RuntimeError("\(command): --\(name) \(text): this is no number") }
        return number
    }

    /// The container's id, and nothing after it unless `more`.
    func identifier(_ command: String, more: Bool = false) throws(RuntimeError) -> String {
        guard let id = positional.first else {
            throw RuntimeError("\(command): a container id is missing: see bailey-oci \(command) --help")
        }
        if !more, positional.count > 1 {
            throw RuntimeError("\(command): too many words: only a container id is taken")
        }
        return id
    }
}
