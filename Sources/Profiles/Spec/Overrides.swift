/// What flags lay over a spec; they share types and messages with files.
extension JailSpec {
    /// Sets the key at `keyPath` from the text of a flag.
    ///
    /// - Parameters:
    ///   - keyPath: A key of the reference without `spec.`, such as `resources.memory.max`, or `metadata.name`.
    ///   - text: The value as in a file; docker's short units (`512m`) are taken too.
    ///   - flag: What findings and `bailey explain` call the flag, such as `--memory`.
    ///   - vocabulary: Names that are defined elsewhere.
    /// - Returns: What is wrong; the spec is unchanged then.
    public mutating func override(
        _ keyPath: String,
        with text: String,
        flag: String,
        vocabulary: Vocabulary = .standard
    ) -> [Finding] {
        do throws(ValueProblem) {
            try take(keyPath, text, .flag(flag), ReadingRules(flag: true, vocabulary: vocabulary))
            return []
        } catch {
            return [
                Finding(file: flag, keyPath: keyPath, message: error.message, suggestion: error.suggestion)
            ]
        }
    }

    /// Adds one item to the list or mapping at `keyPath` from the text of a flag that can be repeated.
    ///
    /// `environment`, `limits`, `sysctls`, `metadata.labels`: `NAME=VALUE`. `mounts`: `/source:/target[:ro]` or
    /// `type=tmpfs,target=/run,size=64MiB`. `network.publish`: `8080:80`. `security.devices`: `/dev/fuse[:rw]`.
    /// `hosts`: `name:address`. Else one item as in a file. Of a key whose lists replace each other, the first flag's
    /// item replaces what files said and further ones are added.
    public mutating func add(
        _ keyPath: String,
        _ text: String,
        flag: String,
        vocabulary: Vocabulary = .standard
    ) -> [Finding] {
        override(keyPath, with: text, flag: flag, vocabulary: vocabulary)
    }

    /// Sets the program and its arguments from the command line.
    public mutating func setCommand(_ command: [String], flag: String = "command line") -> [Finding] {
        guard let first = command.first, !first.isEmpty else {
            return [Finding(file: flag, keyPath: "command", message: "the name of the program is missing")]
        }
        self.command = Setting(command, .flag(flag))
        return []
    }

    /// Takes the built-in default of the key at `keyPath` again; false where there is no such key.
    public mutating func reset(_ keyPath: String) -> Bool {
        guard let key = Schema.key(keyPath) else { return false }
        key.reset(&self)
        return true
    }

    private mutating func take(
        _ keyPath: String,
        _ text: String,
        _ origin: Origin,
        _ rules: ReadingRules
    ) throws(ValueProblem) {
        switch keyPath {
        case "metadata.name": name = Setting(try ValueType.name.parse(text, rules), origin)
        case "metadata.tenant": tenant = Setting(try ValueType.name.parse(text, rules), origin)
        case "metadata.labels": try takeLabel(text, origin)
        default: try takeKey(keyPath, text, origin, rules)
        }
    }

    private mutating func takeKey(
        _ keyPath: String,
        _ text: String,
        _ origin: Origin,
        _ rules: ReadingRules
    ) throws(ValueProblem) {
        guard let key = Schema.key(keyPath) else {
            let known = Schema.keys.lazy.map(\.path)
            throw ValueProblem("there is no such key", suggestion: Suggestion.nearest(to: keyPath, among: known))
        }
        try key.take(text, origin, &self, rules)
        // A flag that names one kind of root takes a file's other one away; two flags contradict each other.
        if keyPath == "template", rootfs?.origin.isSameLayer(as: origin) == false { rootfs = nil }
        if keyPath == "rootfs", template?.origin.isSameLayer(as: origin) == false { template = nil }
    }

    private mutating func takeLabel(_ text: String, _ origin: Origin) throws(ValueProblem) {
        let equals = text.firstIndex(of: "=") ?? text.endIndex
        let label = Setting(try Label(checking: String(text[..<equals]), String(text[equals...].dropFirst())), origin)
        if let place = label.place(in: labels) { labels[place] = label } else { labels.append(label) }
    }
}
