import Allocation
import Declarations
import Engine
import LinuxKernel
import Profiles

/// Guarantees of processor time, as the kernel is told of them.
extension Supervisor {
    /// What runs or is promised has changed: weights follow soon, once for several changes together.
    func sharesChanged() {
        guard !isSharing else { return }
        isSharing = true
        Task {
            try? await Task.sleep(for: .milliseconds(100))
            isSharing = false
            await shareOut()
        }
    }

    /// Writes the weights that follow from what runs; nothing where nobody has a guarantee.
    func shareOut() async {
        let isNeeded = promises.promisedByHost(.cpu) > 0
        guard isNeeded || hasShares else { return }
        hasShares = isNeeded
        var running: [RunningShare] = []
        for (name, jail) in jails where await jail.isUp {
            let cpu = await jail.spec.resources.cpu
            running.append(
                RunningShare(
                    name: name,
                    tenant: await jail.tenant,
                    guarantee: cpu.guarantee?.value.microsecondsPerSecond ?? 0,
                    weight: cpu.weight.map { UInt64($0.value) } ?? 100
                )
            )
        }
        let capacity = options.capacity
        let shown = running
        do {
            try await workers.run { [engine] in
                let tenants = TenantStore(engine).all()
                let tree = ShareTree(SharePlaces(tenants, shown).nodes(below: nil))
                var weights = tree.weights(sharing: capacity.available(.cpu))
                // Bailey's own group against the host's others: all but the reserve.
                let (all, kept) = (capacity.available(.cpu), max(1, capacity.reserve.cpu))
                weights[""] = isNeeded ? min(max(100, 100 * all / kept), 10_000) : 100
                try engine.setWeights(weights)
            }
        } catch {
            logger.error("weights are as they were", metadata: ["error": "\(error)"])
        }
    }
}

/// What a running jail counts with.
struct RunningShare: Sendable {
    let name: String
    let tenant: String
    let guarantee: UInt64
    let weight: UInt64
}

/// Tenants and running jails in their places.
struct SharePlaces {
    private let tenants: [String: TenantSpec]
    private let jails: [String: [RunningShare]]
    private let parts: [String?: [String]]

    init(_ declared: [TenantSpec], _ running: [RunningShare]) {
        tenants = Dictionary(declared.map { ($0.name.value, $0) }) { first, _ in first }
        jails = Dictionary(grouping: running, by: \.tenant)
        let known = Set(tenants.keys)
        // A tenant that nobody declared has a group of its own, too.
        parts = Dictionary(grouping: known.union(jails.keys)) { [tenants] name in
            tenants[name]?.parent?.value.isKnown(in: known)
        }
    }

    /// The groups below a tenant's, or below Bailey's own.
    func nodes(below tenant: String?, path: String = "", depth: Int = 0) -> [ShareTree.Node] {
        // Parents in a circle are refused when they are declared; files may have been changed by hand.
        guard depth < 32 else { return [] }
        var nodes = (parts[tenant] ?? []).compactMap { name -> ShareTree.Node? in
            let place = path + name
            let children = self.nodes(below: name, path: place + "/", depth: depth + 1)
            // Nobody in it wants anything.
            if children.isEmpty { return nil }
            let cpu = tenants[name]?.resources.cpu
            return ShareTree.Node(
                path: place,
                guarantee: max(
                    cpu?.guarantee?.value.microsecondsPerSecond ?? 0,
                    children.reduce(0) { $0 + $1.guarantee }
                ),
                weight: cpu?.weight.map { UInt64($0.value) } ?? 100,
                children: children
            )
        }
        if let tenant {
            nodes += (jails[tenant] ?? []).map {
                ShareTree.Node(path: path + $0.name, guarantee: $0.guarantee, weight: $0.weight)
            }
        }
        return nodes
    }
}

extension String {
    fileprivate func isKnown(in names: Set<String>) -> String? { names.contains(self) ? self : nil }
}
