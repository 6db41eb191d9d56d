/// Where a value comes from.
public enum Origin: Sendable, Hashable, CustomStringConvertible {
    /// Nobody said it: Bailey's own default.
    case builtin
    /// A file, at a line and a column, both from 1.
    case file(String, line: Int, column: Int)
    /// A flag of the command line, such as `--memory`.
    case flag(String)

    /// `built in`, `FILE:LINE:COLUMN` or the flag.
    public var description: String {
        switch self {
        case .builtin: "built in"
        case .file(let path, let line, let column): "\(path):\(line):\(column)"
        case .flag(let name): name
        }
    }

    /// Whether both come from the same file, or both from flags, or both are built in.
    func isSameLayer(as other: Origin) -> Bool {
        switch (self, other) {
        case (.builtin, .builtin), (.flag, .flag): true
        case (.file(let left, _, _), .file(let right, _, _)): left == right
        default: false
        }
    }

    /// A finding about the value that stands here.
    func finding(
        _ severity: Finding.Severity = .error,
        at keyPath: String,
        _ message: String,
        suggestion: String? = nil
    ) -> Finding {
        var finding = Finding(severity, file: "built in", keyPath: keyPath, message: message, suggestion: suggestion)
        switch self {
        case .builtin: break
        case .flag(let name): finding.file = name
        case .file(let path, let line, let column): (finding.file, finding.line, finding.column) = (path, line, column)
        }
        return finding
    }
}

/// A value and who said it.
public struct Setting<Value: Sendable>: Sendable {
    /// The value.
    public var value: Value
    /// Where it comes from.
    public var origin: Origin

    /// Makes a setting; built in unless said.
    public init(_ value: Value, _ origin: Origin = .builtin) {
        self.value = value
        self.origin = origin
    }
}

extension Setting: Equatable where Value: Equatable {}

extension Setting where Value: KeyedItem {
    /// Where the same item would stand in `list`.
    func place(in list: [Setting<Value>]) -> Int? {
        let identity = value.identity
        return list.firstIndex { $0.value.identity == identity }
    }
}

/// One line of an explanation: a key, its value as text, and who said it.
public struct ExplainedValue: Sendable, Equatable {
    /// The key below `spec`, such as `resources.memory.max`; of an item, its name too: `environment.TZ`.
    public let keyPath: String
    /// The value as it would stand in a file.
    public let valueText: String
    /// Who said it.
    public let origin: Origin
}
