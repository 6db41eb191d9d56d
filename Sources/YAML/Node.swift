/// A value of a YAML document, and where it stands.
///
/// A plain value: it shares nothing with the library that read it, and an alias is replaced by what it stands for.
public enum Node: Sendable {
    /// A text: YAML's own types (numbers, dates …) are for the reader to decide.
    case scalar(Scalar)
    /// A list.
    case sequence(Sequence)
    /// Pairs of key and value.
    case mapping(Mapping)

    /// A single value.
    public struct Scalar: Sendable {
        /// What was written, without quotation marks, escapes resolved.
        public let string: String
        /// Whether it stands without quotation marks and without a tag, so that `null` may mean null.
        public let isPlain: Bool
        /// Where it begins.
        public let position: Position

        /// Makes a value.
        public init(_ string: String, isPlain: Bool, position: Position) {
            (self.string, self.isPlain, self.position) = (string, isPlain, position)
        }
    }

    /// A list of values.
    public struct Sequence: Sendable {
        /// In the order of the text.
        public let items: [Node]
        /// Where it begins.
        public let position: Position

        /// Makes a list.
        public init(_ items: [Node], position: Position) {
            (self.items, self.position) = (items, position)
        }
    }

    /// Where it begins; what an alias stands for keeps the place of its anchor.
    public var position: Position {
        switch self {
        case .scalar(let scalar): scalar.position
        case .sequence(let sequence): sequence.position
        case .mapping(let mapping): mapping.position
        }
    }

    /// The text of a single value; nil for anything else.
    public var string: String? {
        guard case .scalar(let scalar) = self else { return nil }
        return scalar.string
    }

    /// What `true` and `false` say in all their YAML 1.1 spellings but `y` and `n`; nil for anything else.
    public var bool: Bool? {
        guard case .scalar(let scalar) = self, scalar.isPlain else { return nil }
        switch scalar.string.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: return nil
        }
    }

    /// Whether null is written out: `null` or `~`.
    public var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.isPlain else { return false }
        return ["null", "~", "Null", "NULL"].contains(scalar.string)
    }

    /// Whether nothing is written where a value belongs, as after `key:`.
    public var isEmpty: Bool {
        guard case .scalar(let scalar) = self, scalar.isPlain else { return false }
        return scalar.string.isEmpty
    }
}

extension Node.Sequence: RandomAccessCollection {
    /// Where the first value is.
    public var startIndex: Int { items.startIndex }
    /// One behind the last value.
    public var endIndex: Int { items.endIndex }
    /// The value at a place, from 0.
    public subscript(index: Int) -> Node { items[index] }
}
