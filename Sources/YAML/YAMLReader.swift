/// Reads YAML 1.1 within bounds: whatever the text, the time and memory it takes are in proportion to the bounds.
///
///     let reader = YAMLReader(bounds: YAMLReader.Bounds(bytes: 1 << 20, depth: 24, nodes: 100_000))
///     let nodes = try reader.documents(in: text)
public struct YAMLReader: Sendable {
    /// How much is read at most.
    public struct Bounds: Sendable {
        /// Of the text, in UTF-8.
        public var bytes: Int
        /// Steps from the root of a document to its innermost value, through aliases too.
        ///
        /// The reader and everyone who walks the nodes goes down the stack by as many calls: tens, not thousands.
        public var depth: Int
        /// Keys and values of all documents together.
        ///
        /// What an alias stands for counts as often as it is used, because whoever walks the nodes meets it as often.
        public var nodes: Int

        /// Makes bounds.
        public init(bytes: Int, depth: Int, nodes: Int) {
            (self.bytes, self.depth, self.nodes) = (bytes, depth, nodes)
        }
    }

    /// Whether something of YAML's that can surprise is taken.
    public enum Rule: Sendable {
        /// It is a ``YAMLProblem``.
        case refused
        /// It is taken.
        case taken
    }

    /// How much is read at most.
    public var bounds: Bounds
    /// Whether `*name` is replaced by what `&name` marks.
    public var aliases: Rule
    /// Whether ``Node/Mapping`` may hold a key twice: whoever takes that looks at ``Node/Mapping/doubleKeys``.
    public var doubleKeys: Rule

    /// Makes a reader.
    public init(bounds: Bounds, aliases: Rule = .taken, doubleKeys: Rule = .refused) {
        (self.bounds, self.aliases, self.doubleKeys) = (bounds, aliases, doubleKeys)
    }

    /// The roots of all documents in a text.
    ///
    /// - Parameter bytes: UTF-8. Bytes of any other kind are a problem with a place, never replaced.
    /// - Returns: The roots in the order of the text; a document with nothing in it is an empty plain scalar.
    /// - Throws: The first problem; nothing was kept.
    public func documents(in bytes: [UInt8]) throws(YAMLProblem) -> [Node] {
        guard bytes.count <= bounds.bytes else {
            let words = "the text has \(bytes.count) bytes; the most that is read is \(bounds.bytes)"
            throw YAMLProblem(.tooLong, words, at: Position(line: 1, column: 1))
        }
        try Directives.check(bytes)
        var composer = Composer(try EventStream(bytes), self)
        return try composer.documents()
    }

    /// As ``documents(in:)-([UInt8])``, of a text that is decoded already.
    public func documents(in text: String) throws(YAMLProblem) -> [Node] { try documents(in: Array(text.utf8)) }

    /// The root of the only document in a text; nil where there is none.
    ///
    /// - Parameter bytes: UTF-8.
    /// - Returns: The root.
    /// - Throws: As ``documents(in:)-([UInt8])``, and for a second document.
    public func document(in bytes: [UInt8]) throws(YAMLProblem) -> Node? {
        let roots = try documents(in: bytes)
        if roots.count > 1 {
            let words = "\(roots.count) documents, where one is expected"
            throw YAMLProblem(.severalDocuments, words, at: roots[1].position)
        }
        return roots.first
    }

    /// As ``document(in:)-([UInt8])``, of a text that is decoded already.
    public func document(in text: String) throws(YAMLProblem) -> Node? { try document(in: Array(text.utf8)) }
}
