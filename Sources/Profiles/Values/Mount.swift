/// A file system made visible in a jail.
///
/// Unless its options say otherwise, a mount ignores set-user-id bits and device nodes: what a tenant can write must
/// not hand out privileges.
public struct Mount: Sendable, Hashable, KeyedItem {
    /// What is mounted.
    public var type: MountType = .bind
    /// The file or directory of the host; nil for tmpfs.
    public var source: String?
    /// Where it appears; an absolute path in the jail, neither `/` nor below `/proc`, `/sys`.
    public var target = ""
    /// Whether nothing can be written through it.
    public var readOnly = false
    /// The most a tmpfs may hold; nil for the kernel's half of memory (the jail's memory limit counts it all the same).
    public var size: ByteCount?
    /// Permission bits of the top of a tmpfs; nil for 1777.
    public var mode: UInt32?
    /// Whether set-user-id and file capabilities are ignored.
    public var noSetUserID = true
    /// Whether device nodes are without effect.
    public var noDevices = true
    /// Whether nothing can be executed from it.
    public var noExecution = false

    /// Makes a bind mount without source and target.
    public init() {}

    /// The target: two mounts cannot share one.
    public var identity: String { target }

    /// Words of `options` and what each does; the second of a pair lifts the first.
    static let options = ["nosuid", "suid", "nodev", "dev", "noexec", "exec"]

    mutating func apply(option: String) {
        switch option {
        case "nosuid": noSetUserID = true
        case "suid": noSetUserID = false
        case "nodev": noDevices = true
        case "dev": noDevices = false
        case "noexec": noExecution = true
        default: noExecution = false
        }
    }

    /// Places that the launcher fills itself; a mount there would undo masks or hide devices.
    private static let reserved = ["/proc", "/sys", "/dev/pts"]

    /// Checks what several fields together must be.
    func validated() throws(ValueProblem) -> Mount {
        guard !target.isEmpty else { throw ValueProblem("a mount needs a target") }
        guard target != "/" else { throw ValueProblem("the target cannot be /, which is the rootfs itself") }
        for folder in Self.reserved where Paths.isBelow(target, folder) {
            throw ValueProblem("the target \(target.quoted) is inside \(folder), which Bailey provides")
        }
        guard target != "/dev" else {
            throw ValueProblem("the target cannot be /dev, which Bailey provides; see security.devices")
        }
        switch type {
        case .bind:
            guard source != nil else { throw ValueProblem("a bind mount needs a source, a path of the host") }
            guard size == nil, mode == nil else { throw ValueProblem("size and mode belong to type tmpfs") }
        case .tmpfs:
            guard source == nil else { throw ValueProblem("a tmpfs has no source") }
        }
        return self
    }

    /// Reads `-v`'s `/source:/target[:ro,noexec]`, or `--mount`'s `type=tmpfs,target=/run,size=64MiB`.
    init(flag text: String) throws(ValueProblem) {
        if text.contains("="), !text.hasPrefix("/") {
            try self.init(pairs: text)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || parts.count == 3 else {
            throw ValueProblem("\(text.quoted) is not SOURCE:TARGET[:OPTIONS]")
        }
        self.init()
        source = try Paths.absolute(parts[0])
        target = try Paths.absolute(parts[1])
        for word in parts.dropFirst(2).joined().split(separator: ",") { try apply(flagWord: String(word)) }
        self = try validated()
    }

    private init(pairs text: String) throws(ValueProblem) {
        self.init()
        for pair in text.split(separator: ",") {
            guard let equals = pair.firstIndex(of: "=") else {
                try apply(flagWord: pair == "readonly" ? "ro" : String(pair))
                continue
            }
            try apply(String(pair[..<equals]), String(pair[pair.index(after: equals)...]))
        }
        self = try validated()
    }

    private mutating func apply(_ name: String, _ value: String) throws(ValueProblem) {
        let rules = ReadingRules(flag: true)
        switch name {
        case "type": type = try ValueType.choice(of: MountType.self).parse(value, rules)
        case "source", "src": source = try Paths.absolute(value)
        case "target", "dst", "destination": target = try Paths.absolute(value)
        case "readonly", "ro", "readOnly": readOnly = try ValueType.boolean.parse(value, rules)
        case "size", "tmpfs-size": size = try ByteCount(parsing: value, flag: true)
        case "mode", "tmpfs-mode": mode = try ValueType.permissions.parse(value, rules)
        default:
            let near = Suggestion.nearest(to: name, among: ["type", "source", "target", "readonly", "size", "mode"])
            throw ValueProblem("\(name.quoted) is not a property of a mount", suggestion: near)
        }
    }

    private mutating func apply(flagWord word: String) throws(ValueProblem) {
        switch word {
        case "ro": readOnly = true
        case "rw": readOnly = false
        case _ where Self.options.contains(word): apply(option: word)
        default:
            let near = Suggestion.nearest(to: word, among: ["ro", "rw"] + Self.options)
            throw ValueProblem("\(word.quoted) is not an option of a mount", suggestion: near)
        }
    }
}

extension Mount: CustomStringConvertible {
    /// Source, then the options in force.
    public var description: String {
        var words = [readOnly ? "ro" : "rw", noSetUserID ? "nosuid" : "suid", noDevices ? "nodev" : "dev"]
        if noExecution { words.append("noexec") }
        if let size { words.append("size=\(size)") }
        if let mode { words.append("mode=\(String(mode, radix: 8))") }
        return "\(source ?? type.rawValue) (\(words.joined(separator: ",")))"
    }
}
