/// One thing wrong with a template file.
public struct TemplateFinding: Equatable, Sendable {
    /// The file as the caller named it.
    public let file: String
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in Unicode scalars.
    public let column: Int
    /// Where in the document, such as `spec.steps[2].copy.to`; empty for the whole of it.
    public let keyPath: String
    /// What is wrong, lower case.
    public let message: String
    /// A name that is nearly the one written.
    public let suggestion: String?
}

extension TemplateFinding: CustomStringConvertible {
    /// `file:line:column: key path: message; did you mean "name"?`.
    public var description: String {
        let subject = keyPath.isEmpty ? "" : "\(keyPath): "
        let hint = suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
        return "\(file):\(line):\(column): \(subject)\(message)\(hint)"
    }
}
