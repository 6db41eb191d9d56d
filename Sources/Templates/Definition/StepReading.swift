import YAML

/// Reads `spec.steps`: a list of mappings with exactly one key each, which names the step.
extension TemplateReader {
    private static let kinds = [
        "packages", "extract", "copy", "run", "user", "file", "directory", "symlink", "service",
    ]

    mutating func readSteps(_ spec: Section) -> [TemplateStep] {
        guard let node = nodes.value(spec, "steps") else { return [] }
        guard case .sequence(let items) = node else {
            nodes.note(node, "spec.steps", "a list belongs here")
            return []
        }
        return items.enumerated().compactMap { readStep($0.element, "spec.steps[\($0.offset)]") }
    }

    private mutating func readStep(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: nil) else { return nil }
        guard section.mapping.count == 1, let (key, value) = section.mapping.first, let kind = key.string else {
            nodes.note(node, keyPath, "exactly one step belongs in each entry of the list")
            return nil
        }
        let inner = section.path(kind)
        switch kind {
        case "packages": return nodes.packages(value, inner).map { .packages($0) }
        case "extract": return readExtract(value, inner)
        case "copy": return readCopy(value, inner)
        case "run": return readRun(value, inner)
        case "user": return readUser(value, inner)
        case "file": return readFile(value, inner)
        case "directory": return readDirectory(value, inner)
        case "symlink": return readSymlink(value, inner)
        case "service": return readService(value, inner)
        default:
            nodes.note(key, inner, "unknown step", suggestion: NearestName.to(kind, in: Self.kinds))
            return nil
        }
    }

    private mutating func readExtract(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: ["packages", "only"]) else { return nil }
        let only = nodes.texts(section, "only") ?? []
        guard let list = nodes.value(section, "packages", required: true),
            let packages = nodes.packages(list, section.path("packages"))
        else { return nil }
        return .extract(packages: packages, only: only)
    }

    private mutating func readCopy(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: ["from", "to", "mode", "owner", "group"]) else {
            return nil
        }
        let attributes = readAttributes(section)
        let from = existingFile(section, "from")
        guard let to = nodes.path(section, "to", required: true), let from else { return nil }
        return .copy(CopyStep(from: from, to: to, attributes: attributes))
    }

    // `run: SCRIPT`, `run: [program, argument]`, or a mapping with `script` or `command` and the circumstances.
    private mutating func readRun(_ node: Node, _ keyPath: String) -> TemplateStep? {
        switch node {
        case .scalar: return nodes.text(node, keyPath, verbatim: true).map { .run(.script($0)) }
        case .sequence: return readCommand(node, keyPath).map { .run(.command($0)) }
        default: break
        }
        let keys = ["script", "command", "environment", "workingDirectory", "user", "network"]
        guard let section = nodes.section(node, keyPath, keys: keys) else { return nil }
        let script = nodes.text(section, "script", verbatim: true).map { RunStep.shell($0) }
        let command = nodes.value(section, "command").flatMap { readCommand($0, section.path("command")) }
        let environment = nodes.pairs(section, "environment") ?? []
        let folder = nodes.path(section, "workingDirectory") ?? "/"
        let user = nodes.text(section, "user") ?? "root"
        let network = nodes.flag(section, "network") ?? false
        if (script == nil) == (command == nil) {
            nodes.note(node, keyPath, "exactly one of script and command belongs here")
        }
        return .run(
            RunStep(
                command: script ?? command ?? [],
                environment: environment.map { "\($0.name)=\($0.value)" },
                workingDirectory: folder,
                user: user,
                needsNetwork: network
            )
        )
    }

    private mutating func readCommand(_ node: Node, _ keyPath: String) -> [String]? {
        let words = nodes.texts(node, keyPath)
        if let words, words.first?.isEmpty ?? true { nodes.note(node, keyPath, "a program belongs here") }
        return words
    }

    private mutating func readUser(_ node: Node, _ keyPath: String) -> TemplateStep? {
        let keys = ["name", "uid", "gid", "home", "shell", "groups", "system"]
        guard let section = nodes.section(node, keyPath, keys: keys) else { return nil }
        let uid = nodes.identifier(section, "uid")
        let gid = nodes.identifier(section, "gid")
        let isSystem = nodes.flag(section, "system") ?? false
        let home = nodes.path(section, "home")
        let shell = nodes.path(section, "shell")
        let groups = nodes.texts(section, "groups") ?? []
        guard let name = nodes.text(section, "name", required: true) else { return nil }
        for word in [name] + groups where !NodeReader.isAccountName(word) {
            nodes.note(node, keyPath, "\"\(word)\" cannot be the name of an account")
        }
        for path in [home, shell].compactMap({ $0 }) where path.contains(where: { $0 == ":" || $0.isNewline }) {
            nodes.note(node, keyPath, "\"\(path)\" cannot stand in the account file")
        }
        return .user(
            UserStep(
                name: name,
                uid: uid,
                gid: gid,
                home: home ?? (isSystem ? "/nonexistent" : "/home/\(name)"),
                shell: shell ?? (isSystem ? "/usr/sbin/nologin" : "/bin/sh"),
                groups: groups,
                isSystem: isSystem
            )
        )
    }

    private mutating func readFile(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: ["path", "content", "mode", "owner", "group"]) else {
            return nil
        }
        let attributes = readAttributes(section)
        let content = nodes.text(section, "content", required: true, verbatim: true)
        guard let path = nodes.path(section, "path", required: true), let content else { return nil }
        return .file(FileStep(path: path, content: content, attributes: attributes))
    }

    private mutating func readDirectory(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: ["path", "mode", "owner", "group"]) else { return nil }
        let attributes = readAttributes(section)
        return nodes.path(section, "path", required: true).map { .directory(path: $0, attributes: attributes) }
    }

    private mutating func readSymlink(_ node: Node, _ keyPath: String) -> TemplateStep? {
        guard let section = nodes.section(node, keyPath, keys: ["path", "target"]) else { return nil }
        let target = nodes.text(section, "target", required: true)
        guard let path = nodes.path(section, "path", required: true), let target else { return nil }
        return .symlink(path: path, target: target)
    }

    // `service: NAME`, or a mapping with what else there is to say.
    private mutating func readService(_ node: Node, _ keyPath: String) -> TemplateStep? {
        if case .scalar = node {
            guard let name = nodes.text(node, keyPath), checkService(name, node, keyPath) else { return nil }
            return .service(ServiceStep(name: name, isEnabled: true, command: [], user: "root"))
        }
        guard let section = nodes.section(node, keyPath, keys: ["name", "enabled", "command", "user"]) else {
            return nil
        }
        let isEnabled = nodes.flag(section, "enabled") ?? true
        let command = nodes.value(section, "command").flatMap { readCommand($0, section.path("command")) } ?? []
        let user = nodes.text(section, "user") ?? "root"
        guard let name = nodes.text(section, "name", required: true), checkService(name, node, keyPath) else {
            return nil
        }
        if let program = command.first, !program.hasPrefix("/") {
            nodes.note(node, section.path("command"), "the program of a service has an absolute path")
        }
        if !NodeReader.isAccountName(user) { nodes.note(node, section.path("user"), "no account is called so") }
        return .service(ServiceStep(name: name, isEnabled: isEnabled, command: command, user: user))
    }

    // It becomes a file's name and a word of a shell's line.
    private mutating func checkService(_ name: String, _ node: Node, _ keyPath: String) -> Bool {
        let isFit = NodeReader.isAccountName(name)
        if !isFit { nodes.note(node, keyPath, "\"\(name)\" cannot be the name of a service") }
        return isFit
    }

    private mutating func readAttributes(_ section: Section) -> FileAttributes {
        FileAttributes(
            mode: nodes.mode(section, "mode"),
            owner: nodes.text(section, "owner"),
            group: nodes.text(section, "group")
        )
    }
}

extension RunStep {
    static func shell(_ script: String) -> [String] { ["/bin/sh", "-eu", "-c", script] }

    static func script(_ text: String) -> RunStep { command(shell(text)) }

    static func command(_ words: [String]) -> RunStep {
        RunStep(command: words, environment: [], workingDirectory: "/", user: "root", needsNetwork: false)
    }
}
