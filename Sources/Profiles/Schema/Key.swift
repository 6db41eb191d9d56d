/// The part of Bailey that makes a key come true.
public enum Part: String, Sendable, CaseIterable {
    /// The launcher and `bailey-init`: with every jail.
    case launcher
    /// The supervisor: jails that it keeps running.
    case supervisor
    /// The network module.
    case network
    /// The storage module.
    case storage
    /// Virtual machines.
    case hypervisor
}

/// What happens when several files give a key.
public enum Merging: String, Sendable {
    /// The later file's value counts.
    case replace = "the later value counts"
    /// The items of all files are joined.
    case join = "items are joined"
    /// As `join`; of items with the same name, the later one counts.
    case joinByName = "items are joined by name"
}

/// What is written about a key.
struct About: Sendable {
    /// One sentence.
    let summary: String
    /// What it becomes in the kernel, if anything.
    let knob: String
    /// Who acts on it.
    let part: Part
    /// The default in words.
    var fallback = "none"
    /// Names that other systems give it; looked at when a key is misspelt.
    var otherNames: [String] = []
}

/// One key of a profile: where it is written, what it means, and how it gets into a ``JailSpec``.
///
/// The table of keys (``Schema``) is the only place where a key is described. Reading, validating, flags,
/// `bailey explain`, shell completion and the reference all follow from it.
struct Key: Sendable {
    /// Where it stands below `spec`: `resources.memory.max`.
    let path: String
    /// The type as the reference calls it.
    let type: String
    /// All values, where they are few.
    let candidates: [String]
    let about: About
    let merging: Merging
    /// Fields of each item, where items are mappings.
    var fields: [FieldDescription] = []
    /// Whether more than one item can be given, so that a flag adds one.
    let isPlural: Bool

    /// Puts what a file says into a spec; what is wrong becomes a finding.
    let read: @Sendable (Node, inout JailSpec, inout Reading) -> Void
    /// Sets a single value, or adds one item, from a flag.
    let take: @Sendable (String, Origin, inout JailSpec, ReadingRules) throws(ValueProblem) -> Void
    /// Takes the built-in default again.
    let reset: @Sendable (inout JailSpec) -> Void
    /// What `bailey explain` shows.
    let rows: @Sendable (inout JailSpec) -> [ExplainedValue]
}

/// Where in a spec a key puts its value: calls the second argument with that place.
///
/// A closure and no key path, because the first use of each key path takes the runtime 30 to 60 µs, and a start that
/// reads a file or a flag would pay for the whole table.
typealias Slot<Value> = @Sendable (inout JailSpec, (inout Value) -> Void) -> Void

extension Key {
    /// Whether the key stands in the section at `path`, at any depth.
    func isBelow(_ path: String) -> Bool {
        self.path.utf8.count > path.utf8.count && self.path.hasPrefix(path)
            && self.path.utf8.dropFirst(path.utf8.count).first == UInt8(ascii: ".")
    }

    /// Puts the value that `slot` has in a new spec back.
    static func reset<Value>(_ slot: @escaping Slot<Value>, of spec: inout JailSpec) {
        var fresh = JailSpec()
        slot(&fresh) { value in slot(&spec) { $0 = value } }
    }

    /// The rows that `make` gives for the value in `slot`.
    static func rows<Value>(
        _ slot: Slot<Value>,
        of spec: inout JailSpec,
        _ make: @escaping (Value) -> [ExplainedValue]
    ) -> [ExplainedValue] {
        var rows: [ExplainedValue] = []
        slot(&spec) { rows = make($0) }
        return rows
    }
}

/// A field of an item, as the reference and completion show it.
struct FieldDescription: Sendable {
    let name: String
    let type: String
    let fallback: String
    let summary: String
    let candidates: [String]
}

/// What reading a file needs and gathers.
struct Reading {
    /// The file as its loader named it.
    let file: String
    let rules: ReadingRules
    /// More findings than these help nobody, and hostile files could make a million.
    static let mostFindings = 200
    private(set) var findings: [Finding] = []

    init(file: String, rules: ReadingRules) {
        self.file = file
        self.rules = rules
    }

    func origin(_ position: Position) -> Origin { .file(file, line: position.line, column: position.column) }

    mutating func report(_ message: String, at position: Position, _ keyPath: String, suggestion: String? = nil) {
        add(
            Finding(
                file: file,
                line: position.line,
                column: position.column,
                keyPath: keyPath,
                message: message,
                suggestion: suggestion
            )
        )
    }

    mutating func report(_ problem: ValueProblem, at position: Position, _ keyPath: String) {
        report(problem.message, at: position, keyPath, suggestion: problem.suggestion)
    }

    /// Whether further findings are left out, so that nobody needs to think about suggestions for them.
    var isFull: Bool { findings.count > Self.mostFindings }

    mutating func add(_ finding: Finding) {
        if findings.count < Self.mostFindings {
            findings.append(finding)
        } else if findings.count == Self.mostFindings {
            findings.append(Finding(file: file, message: "more findings are left out"))
        }
    }

    /// The text of a single value, or nil and a finding.
    mutating func scalar(_ node: Node, _ keyPath: String) -> String? {
        guard let text = node.string else {
            report("expected a single value, found \(node.kind)", at: node.position, keyPath)
            return nil
        }
        if node.isEmpty || node.isNull {
            report("the value is missing", at: node.position, keyPath)
            return nil
        }
        return text
    }

    /// The value of a scalar, or nil and a finding.
    mutating func value<Value>(_ node: Node, _ type: ValueType<Value>, _ keyPath: String) -> Value? {
        guard let text = scalar(node, keyPath) else { return nil }
        do throws(ValueProblem) {
            return try type.parse(text, rules)
        } catch {
            report(error, at: node.position, keyPath)
            return nil
        }
    }

    /// The items of a list, or nil and a finding.
    mutating func list(_ node: Node, _ keyPath: String) -> [Node]? {
        if case .sequence(let list) = node { return list.items }
        var suggestion: String?
        if let text = node.string, !text.isEmpty, text.utf8.count < 60, !text.contains(",") {
            suggestion = "[" + text.split(separator: " ").joined(separator: ", ") + "]"
        }
        report("expected a list, found \(node.kind)", at: node.position, keyPath, suggestion: suggestion)
        return nil
    }

    /// The entries of a mapping, or nil and a finding.
    mutating func map(_ node: Node, _ keyPath: String) -> [Node.Entry]? {
        if case .mapping(let mapping) = node { return Node.entries(of: mapping) }
        report("expected a mapping, found \(node.kind)", at: node.position, keyPath)
        return nil
    }
}
