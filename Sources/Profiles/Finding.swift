/// Something a profile says wrongly, with the place where it says it.
///
/// Validation never stops at the first one: every check adds its findings, so that one look at a file shows everything
/// that is to be mended in it.
public struct Finding: Sendable, Equatable, Error {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// Nothing is started while there is one.
        case error
        /// Worth a look; the value is used all the same.
        case warning
    }

    /// How bad it is.
    public var severity: Severity
    /// The file as its loader named it, or the command-line flag.
    public var file: String
    /// The line, from 1; 0 where there is none, as for a flag.
    public var line: Int
    /// The column in Unicode scalars, from 1; 0 where there is none.
    public var column: Int
    /// The key, such as `spec.resources.memory.max`; empty where the finding concerns the whole file.
    public var keyPath: String
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was probably meant.
    public var suggestion: String?

    /// Makes a finding; the position defaults to none.
    public init(
        _ severity: Severity = .error,
        file: String,
        line: Int = 0,
        column: Int = 0,
        keyPath: String = "",
        message: String,
        suggestion: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.message = message
        self.suggestion = suggestion
    }
}

extension Finding: CustomStringConvertible {
    /// One line: `file:line:column: error: key path: message (did you mean …?)`.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line):\(column)" }
        text += ": \(severity.rawValue): "
        if !keyPath.isEmpty { text += "\(keyPath): " }
        text += message
        if let suggestion { text += " (did you mean \(suggestion)?)" }
        return text
    }
}

extension Array where Element == Finding {
    /// Whether anything in the list forbids a start.
    public var hasErrors: Bool { contains { $0.severity == .error } }
}

/// Why a text is no value of a type; whoever read the text adds key and position.
public struct ValueProblem: Error, Sendable, Equatable {
    /// What is wrong: lower case, no full stop.
    public let message: String
    /// What was probably meant.
    public let suggestion: String?

    /// Makes a problem.
    public init(_ message: String, suggestion: String? = nil) {
        self.message = message
        self.suggestion = suggestion
    }
}

extension String {
    /// The text in quotation marks for a message, shortened, with control characters made visible.
    var quoted: String {
        var text = "\""
        for scalar in unicodeScalars.prefix(60) {
            switch scalar {
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value):
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return unicodeScalars.count > 60 ? text + "…\"" : text + "\""
    }
}
