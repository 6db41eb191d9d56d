/// Where a value stands, as a chain from the value up to the root; text is made of it only when something is wrong.
public final class JSONPath: Sendable {
    private enum Step: Sendable {
        case root
        case key(String)
        case index(Int)
    }

    private let parent: JSONPath?
    private let step: Step

    init() {
        parent = nil
        step = .root
    }

    private init(_ parent: JSONPath, _ step: Step) {
        self.parent = parent
        self.step = step
    }

    func appending(_ key: String) -> JSONPath { JSONPath(self, .key(key)) }
    func appending(_ index: Int) -> JSONPath { JSONPath(self, .index(index)) }

    /// Such as `process.rlimits[2].type`.
    public var text: String {
        let above = parent?.text ?? ""
        switch step {
        case .root: return ""
        case .key(let key): return above.isEmpty ? key : "\(above).\(key)"
        case .index(let index): return "\(above)[\(index)]"
        }
    }
}
