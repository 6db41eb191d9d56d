/// The table of all keys below `spec`.
enum Schema {
    /// A chapter of the reference.
    struct Group: Sendable {
        let title: String
        /// The paths of its keys begin with one of these.
        let sections: [String]
        /// Its keys, made when first asked for: a flag needs one chapter, not the whole table.
        let keys: @Sendable () -> [Key]

        /// Whether the key or section at `path` would be in this chapter, wholly or in part.
        func concerns(_ path: String) -> Bool {
            sections.contains { $0.hasPrefix(path) || path.hasPrefix($0) }
        }
    }

    /// The keys in the order of the reference.
    static let groups = [
        Group(
            title: "Where it comes from and what runs",
            sections: [
                "template", "rootfs", "backend", "init", "command", "workingDirectory", "user", "hostname",
                "environment",
            ],
            keys: { program }
        ),
        Group(
            title: "Resources: processors and processes",
            sections: ["resources.cpu", "resources.pids"],
            keys: { cpu }
        ),
        Group(title: "Resources: memory", sections: ["resources.memory", "resources.hugetlb"], keys: { memory }),
        Group(
            title: "Resources: storage and traffic",
            sections: ["resources.io", "resources.disk", "resources.network"],
            keys: { storage }
        ),
        Group(title: "Network and names", sections: ["network", "dns", "hosts"], keys: { network }),
        Group(title: "Confinement", sections: ["security"], keys: { security }),
        Group(
            title: "Files, limits of processes, kernel parameters",
            sections: ["mounts", "shm", "limits", "oomScore", "sysctls"],
            keys: { files }
        ),
        Group(
            title: "End, restart, health, output",
            sections: ["stop", "restart", "requires", "after", "health", "logs", "bestEffort"],
            keys: { life }
        ),
    ]

    /// The keys in the order of the reference and of `bailey explain`.
    static var keys: [Key] { groups.flatMap { $0.keys() } }

    /// The key at `path`, such as `resources.memory.max`.
    static func key(_ path: String) -> Key? {
        for group in groups where group.concerns(path) {
            if let key = group.keys().first(where: { $0.path == path }) { return key }
        }
        return nil
    }

    /// What stands at a path.
    enum Place {
        case key(Key)
        /// A mapping that holds keys.
        case section
    }

    /// What stands at `path`; nil for an unknown one.
    ///
    /// A search through the table: an index would take longer to make than a file takes to read.
    static func place(_ path: String) -> Place? {
        var isSection = false
        for group in groups where group.concerns(path) {
            for key in group.keys() {
                if key.path == path { return .key(key) }
                if key.isBelow(path) { isSection = true }
            }
        }
        return isSection ? .section : nil
    }

    /// The names directly within the section at `path`; the empty path is `spec` itself.
    static func names(in path: String) -> [String] {
        var names: [String] = []
        for key in keys where path.isEmpty || key.isBelow(path) {
            let rest = path.isEmpty ? key.path[...] : key.path.dropFirst(path.count + 1)
            let name = String(rest.prefix { $0 != "." })
            if names.last != name, !names.contains(name) { names.append(name) }
        }
        return names
    }

    /// The path that was probably meant by the unknown `name` in `section`.
    ///
    /// First a slip of the hand in the same section, then another system's name for a key, then anything near, then the
    /// same name elsewhere.
    static func suggestion(for name: String, in section: String) -> String? {
        guard name.utf8.count <= Suggestion.longest else { return nil }
        let siblings = names(in: section)
        if let near = Suggestion.nearest(to: name, among: siblings, edits: 1) { return near }
        if let path = foreign(name, near: section) { return "spec." + path }
        if let near = Suggestion.nearest(to: name, among: siblings) { return near }
        return path(endingWith: name).map { "spec." + $0 }
    }

    /// The first section or key with this last name.
    private static func path(endingWith name: String) -> String? {
        let within = "." + name + "."
        for key in keys {
            let path = "." + key.path + "."
            guard let place = path.firstRange(of: within) else { continue }
            return String(path[path.index(after: path.startIndex)..<path.index(before: place.upperBound)])
        }
        return nil
    }

    /// The key that another system calls `name`; one below `section` comes first.
    private static func foreign(_ name: String, near section: String) -> String? {
        func folded(_ text: String) -> String { text.lowercased().filter { $0 != "_" && $0 != "-" } }
        let wanted = folded(name)
        let found = keys.lazy.filter { $0.about.otherNames.contains { folded($0) == wanted } }.map(\.path)
        return found.first { $0.hasPrefix(section + ".") } ?? found.first
    }
}
