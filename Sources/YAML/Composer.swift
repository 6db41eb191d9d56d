/// Puts nodes together from events, and stops at the first event that goes beyond the bounds.
///
/// libyaml has a composer of its own, without bounds. Between two events libyaml works no more than in proportion to what
/// it reads, with the exception that ``Directives`` bounds; so whoever stops between events has stopped the work.
struct Composer: ~Copyable {
    /// A node with what a use of it by alias costs.
    private struct Composed {
        let node: Node
        /// Keys and values in it, itself included, aliases at their full size.
        var size = 1
        /// Steps down to its innermost value.
        var height = 0
    }

    /// What `&name` marks; nothing while it is being read, so that nothing can contain itself.
    private struct Anchor {
        let serial: Int
        var target: Composed?
    }

    private var events: EventStream
    private let rules: YAMLReader
    private var room: Int
    private var anchors: [String: Anchor] = [:]
    private var serial = 0

    init(_ events: consuming EventStream, _ rules: YAMLReader) {
        self.events = events
        self.rules = rules
        room = rules.bounds.nodes
    }

    /// The roots of all documents.
    mutating func documents() throws(YAMLProblem) -> [Node] {
        var roots: [Node] = []
        while true {
            switch try events.next().kind {
            case .documentStart:
                anchors = [:]
                roots.append(try compose(try events.next(), depth: 0).node)
            case .streamEnd: return roots
            default: continue
            }
        }
    }

    private mutating func compose(_ event: Event, depth: Int) throws(YAMLProblem) -> Composed {
        if case .alias(let name) = event.kind { return try resolve(name, event.position, depth: depth) }
        try spend(1, depth: depth, at: event.position)
        let mark = open(event.anchor)
        let composed: Composed
        switch event.kind {
        case .scalar(let text, let isPlain):
            composed = Composed(node: .scalar(Node.Scalar(text, isPlain: isPlain, position: event.position)))
        case .sequenceStart: composed = try sequence(event.position, depth: depth)
        case .mappingStart: composed = try mapping(event.position, depth: depth)
        default: throw YAMLProblem(.malformed, "a value is missing", at: event.position)
        }
        close(event.anchor, mark, composed)
        return composed
    }

    private mutating func sequence(_ position: Position, depth: Int) throws(YAMLProblem) -> Composed {
        var (items, size, height) = ([Node](), 1, 0)
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { break }
            let item = try compose(event, depth: depth + 1)
            items.append(item.node)
            (size, height) = (size + item.size, max(height, item.height + 1))
        }
        return Composed(node: .sequence(Node.Sequence(items, position: position)), size: size, height: height)
    }

    private mutating func mapping(_ position: Position, depth: Int) throws(YAMLProblem) -> Composed {
        var (pairs, size, height) = ([Node.Mapping.Pair](), 1, 0)
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try compose(event, depth: depth + 1)
            let value = try compose(try events.next(), depth: depth + 1)
            pairs.append((key.node, value.node))
            (size, height) = (size + key.size + value.size, max(height, key.height + 1, value.height + 1))
        }
        let mapping = Node.Mapping(pairs, position: position)
        if rules.doubleKeys == .refused, let double = mapping.doubleKeys.first {
            let places = double.indices.map { pairs[$0].key.position }
            let words = "the key \(double.name.shown) is given twice, first in line \(places[0].line)"
            throw YAMLProblem(.doubleKey, words, at: places[1])
        }
        return Composed(node: .mapping(mapping), size: size, height: height)
    }

    // MARK: bounds

    private mutating func spend(_ nodes: Int, depth: Int, at position: Position) throws(YAMLProblem) {
        guard depth <= rules.bounds.depth else {
            throw YAMLProblem(.tooDeep, "the nesting is deeper than \(rules.bounds.depth)", at: position)
        }
        room -= nodes
        guard room >= 0 else {
            let words = "there are more than \(rules.bounds.nodes) values, each alias counted with all it stands for"
            throw YAMLProblem(.tooMany, words, at: position)
        }
    }

    // MARK: anchors and aliases

    // An anchor may be given anew, even inside of what it marks: an alias means the nearest mention before it.

    private mutating func open(_ name: String?) -> Int {
        guard let name else { return 0 }
        serial += 1
        anchors[name] = Anchor(serial: serial)
        return serial
    }

    private mutating func close(_ name: String?, _ mark: Int, _ composed: Composed) {
        guard let name, anchors[name]?.serial == mark else { return }
        anchors[name]?.target = composed
    }

    private mutating func resolve(_ name: String, _ position: Position, depth: Int) throws(YAMLProblem) -> Composed {
        guard rules.aliases == .taken else {
            throw YAMLProblem(.alias, "aliases such as \(("*" + name).shown) are not supported here", at: position)
        }
        guard let anchor = anchors[name] else {
            throw YAMLProblem(.malformed, "found undefined alias", at: position)
        }
        guard let target = anchor.target else {
            throw YAMLProblem(.malformed, "found an alias of what it stands in", at: position)
        }
        try spend(target.size, depth: depth + target.height, at: position)
        return target
    }
}
