/// What can be said about the keys of a profile: the reference, and completion for shells.
public enum ProfileReference {
    /// One key as others see it.
    public struct KeyDescription: Sendable {
        /// Where it stands below `spec`.
        public let path: String
        /// What kind of value it takes.
        public let type: String
        /// The default in words.
        public let fallback: String
        /// One sentence.
        public let summary: String
        /// What it becomes in the kernel.
        public let knob: String
        /// Who makes it come true.
        public let part: Part
        /// What happens when several files give it.
        public let merging: Merging
        /// All values, where they are few.
        public let candidates: [String]
    }

    /// All keys in the order of the reference.
    public static var keys: [KeyDescription] {
        Schema.keys.map { key in
            KeyDescription(
                path: key.path,
                type: key.type,
                fallback: key.about.fallback,
                summary: key.about.summary,
                knob: key.about.knob,
                part: key.about.part,
                merging: key.merging,
                candidates: key.candidates
            )
        }
    }

    /// The key a row of ``JailSpec/rows`` belongs to: `environment` for `environment.TZ`.
    public static func knob(for keyPath: String) -> String? {
        let key = Schema.keys.first { keyPath == $0.path || keyPath.hasPrefix($0.path + ".") }
        return key.flatMap { $0.about.knob == "none" ? nil : $0.about.knob }
    }

    /// Who makes the key of a row of ``JailSpec/rows`` come true; nil where it is no key of the table.
    public static func part(for keyPath: String) -> Part? {
        Schema.keys.first { keyPath == $0.path || keyPath.hasPrefix($0.path + ".") }?.about.part
    }

    /// Key paths that begin with `prefix`, one level at a time: sections end with a dot.
    public static func completions(of prefix: String) -> [String] {
        let section = prefix.lastIndex(of: ".").map { String(prefix[..<$0]) } ?? ""
        return Schema.names(in: section).compactMap { name in
            let path = section.isEmpty ? name : section + "." + name
            guard path.hasPrefix(prefix) else { return nil }
            if case .section? = Schema.place(path) { return path + "." }
            return path
        }
    }

    /// The values of the key at `path`, where they are few.
    public static func values(of path: String) -> [String] { Schema.key(path)?.candidates ?? [] }
}
