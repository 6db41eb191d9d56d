import YAML

/// Bounds as profiles have them.
let ordinary = YAMLReader(bounds: YAMLReader.Bounds(bytes: 1 << 20, depth: 24, nodes: 100_000))

extension YAMLReader {
    /// The problem of `text`; nil where it is read.
    func problem(in text: String) -> YAMLProblem? { problem(in: Array(text.utf8)) }

    /// The problem of `bytes`; nil where they are read.
    func problem(in bytes: [UInt8]) -> YAMLProblem? {
        do throws(YAMLProblem) {
            _ = try documents(in: bytes)
            return nil
        } catch {
            return error
        }
    }
}

extension YAMLProblem {
    /// `line:column kind words`, as a test states what it expects.
    var line: String { "\(position) \(kind): \(words)" }
}

extension Node {
    /// What whoever walks a node meets: keys and values, and how far down.
    var measured: (nodes: Int, height: Int) {
        let inner: [Node] =
            switch self {
            case .scalar: []
            case .sequence(let items): items.items
            case .mapping(let mapping): mapping.flatMap { [$0.key, $0.value] }
            }
        return inner.map(\.measured).reduce((nodes: 1, height: 0)) { sum, part in
            (sum.nodes + part.nodes, max(sum.height, part.height + 1))
        }
    }

    /// In brackets and braces, texts that are not plain in quotation marks.
    var flow: String {
        switch self {
        case .scalar(let scalar): scalar.isPlain ? scalar.string : "'\(scalar.string)'"
        case .sequence(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
        case .mapping(let pairs): "{" + pairs.map { "\($0.key.flow): \($0.value.flow)" }.joined(separator: ", ") + "}"
        }
    }

    /// Every node with its place, keys before values.
    var places: [String] {
        switch self {
        case .scalar(let scalar): ["\(position) \(scalar.string)"]
        case .sequence(let items): ["\(position) []"] + items.flatMap(\.places)
        case .mapping(let pairs): ["\(position) {}"] + pairs.flatMap { $0.key.places + $0.value.places }
        }
    }
}
