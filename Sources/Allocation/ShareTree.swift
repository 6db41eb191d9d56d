/// Guaranteed processor time as weights, which is how a kernel is told of it.
///
/// A group gets, while everybody wants all there is, its weight's part of what the group above it gets. So where somebody
/// has a guarantee, weights follow from all that runs beside it, and change when that does. Groups without a guarantee keep
/// the weights they were declared with: they share the rest as before.
public struct ShareTree: Equatable, Sendable {
    /// A group: a jail, or a tenant with those below it.
    public struct Node: Equatable, Sendable {
        /// Its path below Bailey's own group.
        public var path: String
        /// Microseconds a second; a tenant's own, or what those below it have together.
        public var guarantee: UInt64
        /// As declared, 1 to 10,000; 100 where nothing is said.
        public var weight: UInt64
        /// Those below it.
        public var children: [Node]

        /// Makes a group.
        public init(path: String, guarantee: UInt64 = 0, weight: UInt64 = 100, children: [Node] = []) {
            (self.path, self.guarantee, self.weight, self.children) = (path, guarantee, weight, children)
        }
    }

    /// Groups directly below Bailey's own.
    public var nodes: [Node]

    /// Makes a tree.
    public init(_ nodes: [Node]) { self.nodes = nodes }

    /// The weight of every group.
    ///
    /// `capacity` is what all of them have together, in microseconds a second.
    public func weights(sharing capacity: UInt64) -> [String: UInt64] {
        var weights: [String: UInt64] = [:]
        Self.settle(nodes, Double(capacity), &weights)
        return weights
    }

    private static let most = 10_000.0

    private static func settle(_ nodes: [Node], _ capacity: Double, _ result: inout [String: UInt64]) {
        let weights = level(nodes, capacity)
        let sum = weights.reduce(0, +)
        for (node, weight) in zip(nodes, weights) {
            result[node.path] = UInt64(max(1, weight + 0.5))
            if !node.children.isEmpty { settle(node.children, capacity * weight / max(sum, 1), &result) }
        }
    }

    /// The weights of siblings: the larger of what was declared and what the guarantee needs.
    ///
    /// A guarantee g of what all share, C, holds with a weight of k·g where k·C is the sum of all weights. That sum is
    /// Σ max(w, k·g) itself: a line with a bend at each w/g. So the bends are gone through in their order, until the k that
    /// follows from all before them lies before the next.
    private static func level(_ nodes: [Node], _ capacity: Double) -> [Double] {
        let declared = nodes.map { Double(min(max($0.weight, 1), 10_000)) }
        let bends = nodes.indices.filter { nodes[$0].guarantee > 0 }
            .map { (at: declared[$0] / Double(nodes[$0].guarantee), index: $0) }.sorted { $0.at < $1.at }
        var (factor, kept, promised) = (0.0, declared.reduce(0, +), 0.0)
        for bend in bends {
            // Somebody without a guarantee gets a hundredth even where everything is promised.
            factor = kept / max(capacity - promised, capacity / 100)
            guard factor > bend.at else { break }
            kept -= declared[bend.index]
            promised += Double(nodes[bend.index].guarantee)
            factor = max(factor, kept / max(capacity - promised, capacity / 100))
        }
        let weights = zip(nodes, declared).map { node, weight in max(weight, factor * Double(node.guarantee)) }
        // Only ratios count: where the kernel's range ends, everybody's is made smaller.
        let scale = min(1, most / max(weights.max() ?? 1, 1))
        return weights.map { $0 * scale }
    }
}
