/// One thing that is wrong with a policy, and where.
public struct PolicyFinding: Equatable, Sendable {
    /// The file as the caller named it.
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1, counted in Unicode scalars.
    public let column: Int
    /// Where in the document, such as `spec.rules[3].allow[0]`; empty for the document itself.
    public let keyPath: String
    /// What is wrong, lower case.
    public let message: String
    /// What was probably meant, or what to do instead.
    public let suggestion: String?

    /// Makes a finding.
    public init(file: String, line: Int, column: Int, keyPath: String, message: String, suggestion: String? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.message = message
        self.suggestion = suggestion
    }
}

extension PolicyFinding: CustomStringConvertible {
    /// `file:line:column: key path: message: suggestion`.
    public var description: String {
        let place = keyPath.isEmpty ? "" : "\(keyPath): "
        let advice = suggestion.map { ": \($0)" } ?? ""
        return "\(file):\(line):\(column): \(place)\(message)\(advice)"
    }
}

/// All findings on one policy file, at least one.
public struct PolicyFindings: Error, Equatable, Sendable {
    /// In the order of the file.
    public let findings: [PolicyFinding]

    init(_ findings: [PolicyFinding]) {
        self.findings = findings.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}

extension PolicyFindings: CustomStringConvertible {
    /// One finding a line.
    public var description: String {
        findings.map(\.description).joined(separator: "\n")
    }
}
