internal import YAML

/// Turns text into nodes, with every finding about the text itself.
struct YAMLText {
    /// A profile has a few kilobytes, and no key lies as deep as this.
    static let bounds = YAMLReader.Bounds(bytes: 1 << 20, depth: 24, nodes: 100_000)

    let file: String
    private(set) var findings: [Finding] = []

    init(file: String) { self.file = file }

    /// The documents of `text`; what is wrong goes to ``findings``, and then fewer documents may come back.
    mutating func documents(in text: String) -> [Node] {
        let bytes = Array(text.utf8)
        if let place = Self.undecodable(in: bytes) {
            report("the text is not valid UTF-8", at: place)
            return []
        }
        do throws(YAMLProblem) {
            let documents = try YAMLReader(bounds: Self.bounds, doubleKeys: .taken).documents(in: bytes)
            for document in documents { checkKeys(in: document) }
            return documents
        } catch {
            report(error, in: text)
            return []
        }
    }

    /// Where the first U+FFFD stands: what decoders put where bytes were not UTF-8.
    private static func undecodable(in bytes: [UInt8]) -> Position? {
        // Most files are ASCII, and this runs on each start.
        guard bytes.contains(0xEF) else { return nil }
        let offset = bytes.indices.first { bytes[$0] == 0xEF && bytes[$0...].starts(with: [0xEF, 0xBF, 0xBD]) }
        return offset.map { Position(ofByte: $0, in: bytes) }
    }

    // MARK: keys

    /// Reports what ``Node/entries(of:)`` leaves out, in `node` and everything in it.
    private mutating func checkKeys(in node: Node) {
        switch node {
        case .scalar: break
        case .sequence(let items): for item in items { checkKeys(in: item) }
        case .mapping(let mapping):
            for (key, value) in mapping {
                check(key)
                checkKeys(in: value)
            }
            for double in mapping.doubleKeys where double.name != "<<" { report(double, in: mapping) }
        }
    }

    private mutating func check(_ key: Node) {
        if case .scalar(let scalar) = key {
            guard scalar.string == "<<" else { return }
            report("merge keys are not supported: put what is shared into a profile and extend it", at: key.position)
        } else {
            report("a key must be a word, not \(key.kind)", at: key.position)
        }
    }

    private mutating func report(_ double: Node.DoubleKey, in mapping: Node.Mapping) {
        guard let first = double.indices.first, let last = double.indices.last else { return }
        let line = mapping[first].key.position.line
        report(
            "the key \(double.name.quoted) is given twice, first in line \(line)",
            at: mapping[last].key.position
        )
    }

    // MARK: problems of the text

    private mutating func report(_ problem: YAMLProblem, in text: String) {
        switch problem.kind {
        case .malformed:
            let hint = Self.hint(for: problem.position, in: text)
            report("the YAML is not well formed: \(problem.words)", at: problem.position, suggestion: hint)
        case .unreadable: report("the text cannot be read: \(problem.words)", at: problem.position)
        case .tooLong: report(problem.words)
        default: report(problem.words, at: problem.position)
        }
    }

    /// Tabs are by far the most frequent reason of an error at a line's beginning.
    private static func hint(for position: Position, in text: String) -> String? {
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(position.line - 1).first
        let indent = line?.prefix { $0 == " " || $0 == "\t" } ?? ""
        return indent.contains("\t") ? "spaces instead of the tab" : nil
    }

    private mutating func report(_ message: String, at position: Position? = nil, suggestion: String? = nil) {
        findings.append(
            Finding(
                file: file,
                line: position?.line ?? 0,
                column: position?.column ?? 0,
                message: message,
                suggestion: suggestion
            )
        )
    }
}
