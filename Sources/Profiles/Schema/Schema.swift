/// The table of all keys below `spec`.
enum Schema {
    /// A chapter of the reference.
    struct Group: Sendable {
        let title: String
        let keys: [Key]
    }

    /// The keys in the order of the reference.
    static let groups = [
        Group(title: "Where it comes from and what runs", keys: base + program),
        Group(title: "Resources: processors and processes", keys: cpu),
        Group(title: "Resources: memory", keys: memory),
        Group(title: "Resources: storage and traffic", keys: io + diskAndTraffic),
        Group(title: "Network and names", keys: network),
        Group(title: "Confinement", keys: security),
        Group(title: "Files, limits of processes, kernel parameters", keys: files),
        Group(title: "End, restart, health, output", keys: life),
    ]

    /// The keys in the order of the reference and of `bailey explain`.
    static let keys: [Key] = groups.flatMap(\.keys)

    /// The key at `path`, such as `resources.memory.max`.
    static func key(_ path: String) -> Key? { keys.first { $0.path == path } }

    /// Places of keys by path, and the sections above them.
    static let places: Places = Places(keys)

    /// What stands at a path.
    enum Place: Sendable {
        /// The key with this index.
        case key(Int)
        /// A mapping that holds keys; the names are those directly within.
        case section([String])
    }

    /// An index of the table.
    struct Places: Sendable {
        private(set) var byPath: [String: Place] = [:]
        /// All sections, the longest paths too.
        private(set) var sections: [String] = []

        init(_ keys: [Key]) {
            byPath.reserveCapacity(keys.count * 2)
            for (index, key) in keys.enumerated() {
                byPath[key.path] = .key(index)
                enter(key.path[...])
            }
        }

        /// Adds the sections above `path`, each with the name it leads to.
        private mutating func enter(_ path: Substring) {
            let dot = path.lastIndex(of: ".")
            let parent = dot.map { path[..<$0] } ?? ""
            let name = String(dot.map { path[path.index(after: $0)...] } ?? path)
            guard case .section(var names)? = byPath[String(parent)] else {
                byPath[String(parent)] = .section([name])
                if !parent.isEmpty {
                    sections.append(String(parent))
                    enter(parent)
                }
                return
            }
            if !names.contains(name) {
                names.append(name)
                byPath[String(parent)] = .section(names)
            }
        }
    }

    /// The path that was probably meant by the unknown `name` in `section`.
    ///
    /// First a near name in the same section, then another system's name for a key, then the same name elsewhere.
    static func suggestion(for name: String, in section: String) -> String? {
        guard name.utf8.count <= Suggestion.longest else { return nil }
        if case .section(let names)? = places.byPath[section], let near = Suggestion.nearest(to: name, among: names) {
            return near
        }
        let folded = name.lowercased().filter { $0 != "_" && $0 != "-" }
        let foreign = keys.first { key in
            key.about.otherNames.contains { $0.lowercased().filter { $0 != "_" && $0 != "-" } == folded }
        }
        if let foreign { return "spec." + foreign.path }
        let suffix = "." + name
        if let path = places.sections.first(where: { $0 == name || $0.hasSuffix(suffix) }) { return "spec." + path }
        return keys.first { $0.path == name || $0.path.hasSuffix(suffix) }.map { "spec." + $0.path }
    }
}
