extension Node {
    /// Pairs of key and value in the order of the text; a key that is given twice is there twice.
    public struct Mapping: Sendable {
        /// A key and its value.
        public typealias Pair = (key: Node, value: Node)

        /// In the order of the text.
        public let pairs: [Pair]
        /// Where it begins.
        public let position: Position

        /// Makes a mapping.
        public init(_ pairs: [Pair], position: Position) {
            (self.pairs, self.position) = (pairs, position)
        }

        /// The keys in the order of the text.
        public var keys: [Node] { pairs.map(\.key) }

        /// The value of a key; the last one where the key is given more than once.
        public subscript(key: String) -> Node? { pairs.last { $0.key.string == key }?.value }

        /// The keys that are given more than once, in the order of their last mention.
        ///
        /// Only single values are compared: keys that are lists or mappings are never the same here.
        public var doubleKeys: [DoubleKey] {
            var mentions: [String: [Int]] = [:]
            for (index, pair) in pairs.enumerated() {
                if let name = pair.key.string { mentions[name, default: []].append(index) }
            }
            guard mentions.count < pairs.count else { return [] }
            let repeated = mentions.filter { $0.value.count > 1 }.sorted { ($0.value.last ?? 0) < ($1.value.last ?? 0) }
            return repeated.map { DoubleKey(name: $0.key, indices: $0.value) }
        }
    }

    /// A key that a mapping has more than once.
    public struct DoubleKey: Sendable, Hashable {
        /// The key.
        public let name: String
        /// Where it stands in ``Mapping/pairs``, in the order of the text; at least two places.
        public let indices: [Int]
    }
}

extension Node.Mapping: RandomAccessCollection {
    /// Where the first pair is.
    public var startIndex: Int { pairs.startIndex }
    /// One behind the last pair.
    public var endIndex: Int { pairs.endIndex }
    /// The pair at a place, from 0; see ``pairs``.
    public subscript(index: Int) -> Pair { pairs[index] }
}
