/// Why a text is not read.
public struct YAMLProblem: Error, Hashable, Sendable {
    /// What kind of thing is wrong.
    public enum Kind: Sendable {
        /// The bytes are no text that YAML allows: broken UTF-8, control characters.
        case unreadable
        /// The text breaks YAML's grammar, or an alias stands for nothing.
        case malformed
        /// A key is given twice, and ``YAMLReader/doubleKeys`` refuses that.
        case doubleKey
        /// An alias, and ``YAMLReader/aliases`` refuses those.
        case alias
        /// More bytes than ``YAMLReader/Bounds/bytes``.
        case tooLong
        /// Deeper than ``YAMLReader/Bounds/depth``.
        case tooDeep
        /// More values than ``YAMLReader/Bounds/nodes``, or more tag directives than anybody needs.
        case tooMany
        /// More than one document where one is expected.
        case severalDocuments
        /// No memory was left.
        case memory
    }

    /// What kind of thing is wrong.
    public let kind: Kind
    /// What is wrong, in libyaml's own words where libyaml noticed: lower case, no full stop.
    public let problem: String
    /// What libyaml was reading then, such as `while parsing a flow sequence`.
    public var context: String?
    /// Where.
    public let position: Position

    /// Context and problem.
    public var words: String { [context, problem].compactMap(\.self).joined(separator: ": ") }

    init(_ kind: Kind, _ problem: String, context: String? = nil, at position: Position) {
        (self.kind, self.problem, self.context, self.position) = (kind, problem, context, position)
    }
}

extension String {
    /// In quotation marks, no longer than a line, and without characters that a terminal would act on.
    var shown: String {
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(60) {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            shown.append(isControl ? "?" : scalar)
        }
        return "\"" + String(shown) + (unicodeScalars.count > 60 ? "…" : "") + "\""
    }
}
