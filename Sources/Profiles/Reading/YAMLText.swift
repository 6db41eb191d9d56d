internal import Yams

/// Turns text into nodes, with every finding about the text itself.
///
/// The only file that knows the YAML library. What the library does with hostile text is bounded before it sees it:
/// see ``WorkBound``; size, depth and number of nodes are limited here.
struct YAMLText {
    /// Larger files are refused: a profile has a few kilobytes.
    static let largest = 1 << 20
    /// Deeper nesting than any key has.
    static let deepest = 24
    /// All documents of a file together, aliases counted as often as they are used.
    static let mostNodes = 100_000

    let file: String
    private(set) var findings: [Finding] = []
    private var nodes = 0
    /// Keys that were made unique so that the library goes on after a double key; see ``DoubleKeys``.
    private var doubles = DoubleKeys()

    init(file: String) { self.file = file }

    /// The documents of `text`; what is wrong goes to ``findings``, and then fewer documents may come back.
    mutating func documents(in text: String) -> [Node] {
        guard text.utf8.count <= Self.largest else {
            report("the file has \(text.utf8.count) bytes; the most that is read is \(Self.largest)")
            return []
        }
        if let place = TextScan.undecodable(in: text) {
            report("the text is not valid UTF-8", at: place)
            return []
        }
        if let place = WorkBound.exceeded(in: text) {
            report("aliases, or keys that are lists or mappings, would multiply without bound", at: place)
            return []
        }
        return compose(text)
    }

    private mutating func compose(_ text: String) -> [Node] {
        var text = text
        while true {
            do {
                let parser = try Parser(
                    yaml: text,
                    resolver: .basic,
                    constructor: Constructor([:], [:], [:]),
                    encoding: .utf8
                )
                var roots: [Yams.Node] = []
                while let root = try parser.nextRoot() { roots.append(root) }
                return roots.compactMap { convert($0, depth: 0) }
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(_, let context) = error,
                    let renamed = doubles.rename(at: Position(context.mark), in: text)
                {
                    text = renamed
                    continue
                }
                report(error, in: text)
                return []
            } catch {
                report("the file cannot be read as YAML: \(error)")
                return []
            }
        }
    }

    // MARK: the library's nodes

    private mutating func convert(_ node: Yams.Node, depth: Int) -> Node? {
        let position = Position(node.mark)
        nodes += 1
        guard nodes <= Self.mostNodes else {
            if nodes == Self.mostNodes + 1 { report("the file has more than \(Self.mostNodes) values", at: position) }
            return nil
        }
        guard depth <= Self.deepest else {
            report("the nesting is deeper than \(Self.deepest)", at: position)
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return Node(content: .scalar(scalar.string, isPlain: scalar.style == .plain), position: position)
        case .sequence(let sequence):
            var items: [Node] = []
            for item in sequence {
                if let converted = convert(item, depth: depth + 1) { items.append(converted) }
            }
            return Node(content: .list(items), position: position)
        case .mapping(let mapping):
            return Node(content: .map(entries(of: mapping, depth: depth)), position: position)
        case .alias:
            return nil
        }
    }

    private mutating func entries(of mapping: Yams.Node.Mapping, depth: Int) -> [Node.Entry] {
        var entries: [Node.Entry] = []
        for (key, value) in mapping {
            let position = Position(key.mark)
            guard let name = key.scalar?.string else {
                report("a key must be a word, not \(key.sequence == nil ? "a mapping" : "a list")", at: position)
                continue
            }
            if name == "<<" {
                report("merge keys are not supported: put what is shared into a profile and extend it", at: position)
                continue
            }
            if doubles.isRenamed(name) { continue }
            if let first = doubles.first(
                of: name,
                in: mapping.keys.map { ($0.scalar?.string ?? "", Position($0.mark)) }
            ) {
                report("the key \(name.quoted) is given twice, first in line \(first.line)", at: position)
            }
            if let converted = convert(value, depth: depth + 1) {
                entries.append(Node.Entry(key: name, position: position, value: converted))
            }
        }
        return entries
    }

    // MARK: the library's errors

    private mutating func report(_ error: YamlError, in text: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let words = [context?.text, problem].compactMap { $0 }.joined(separator: ": ")
            report("the YAML is not well formed: \(words)", at: Position(mark), suggestion: hint(for: mark, in: text))
        case .reader(let problem, _, _, _):
            report("the text cannot be read: \(problem)", at: TextScan.forbidden(in: text))
        case .duplicatedKeysInMapping(let names, let context):
            let words = names.map(\.quoted).joined(separator: ", ")
            report("given twice in one mapping: \(words)", at: Position(context.mark))
        default:
            report("the file cannot be read as YAML: \(error)")
        }
    }

    /// Tabs are by far the most frequent reason of an error at a line's beginning.
    private func hint(for mark: Mark, in text: String) -> String? {
        let line = text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(mark.line - 1).first
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

extension Position {
    fileprivate init(_ mark: Mark?) { self.init(line: mark?.line ?? 1, column: mark?.column ?? 1) }
}
