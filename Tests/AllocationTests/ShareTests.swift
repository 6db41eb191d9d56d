import Testing

@testable import Allocation

@Suite("guarantees as weights") struct ShareTests {
    /// What each group gets while everybody wants everything, by path.
    static func shares(_ nodes: [ShareTree.Node], _ capacity: Double, _ weights: [String: UInt64]) -> [String: Double] {
        let sum = nodes.reduce(0) { $0 + Double(weights[$1.path] ?? 0) }
        var shares: [String: Double] = [:]
        for node in nodes {
            let share = capacity * Double(weights[node.path] ?? 0) / sum
            shares[node.path] = share
            shares.merge(Self.shares(node.children, share, weights)) { first, _ in first }
        }
        return shares
    }

    @Test func `Without a guarantee every weight is the declared one`() {
        let tree = ShareTree([.init(path: "a", weight: 300), .init(path: "b", children: [.init(path: "b/c")])])
        #expect(tree.weights(sharing: 2_000_000) == ["a": 300, "b": 100, "b/c": 100])
    }

    @Test func `One guarantee among a hundred jails holds while all of them want everything`() {
        let jails = (0..<100).map { ShareTree.Node(path: "t/\($0)", guarantee: $0 == 0 ? 500_000 : 0) }
        let tree = ShareTree([.init(path: "t", guarantee: 500_000, children: jails)])
        let weights = tree.weights(sharing: 1_900_000)
        let shares = Self.shares(tree.nodes, 1_900_000, weights)
        #expect(shares["t/0"].map { $0 >= 495_000 && $0 < 520_000 } == true, "\(shares["t/0"] ?? 0)")
        #expect(weights["t/1"] == 100)
    }

    /// Whatever is promised below the capacity, at whatever depth, is had by those to whom it was promised.
    @Test(arguments: 0..<60) func `Every guarantee holds in every tree`(seed: UInt64) {
        var random = AdmissionTests.Sequence(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        let capacity: UInt64 = 4_000_000
        func jails(_ tenant: String, _ budget: UInt64) -> [ShareTree.Node] {
            var left = budget
            return (0..<(1 + random.below(12))).map { number in
                let guarantee = random.below(3) == 0 ? random.below(left / 2 + 1) : 0
                left -= guarantee
                return .init(path: "\(tenant)/\(number)", guarantee: guarantee, weight: 1 + random.below(400))
            }
        }
        let tree = ShareTree(
            (0..<4).map { number in
                let children = jails("t\(number)", 950_000)
                let own = children.reduce(0) { $0 + $1.guarantee }
                return .init(
                    path: "t\(number)",
                    guarantee: own + random.below(950_000 - own + 1),
                    weight: 1 + random.below(400),
                    children: children
                )
            }
        )
        let weights = tree.weights(sharing: capacity)
        #expect(weights.values.allSatisfy { 1...10_000 ~= $0 })
        let shares = Self.shares(tree.nodes, Double(capacity), weights)
        for node in tree.nodes + tree.nodes.flatMap(\.children) where node.guarantee > 40_000 {
            let share = shares[node.path] ?? 0
            #expect(share >= 0.96 * Double(node.guarantee), "\(node.path): \(share) of \(node.guarantee)")
        }
    }
}
