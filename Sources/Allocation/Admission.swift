/// Why a demand cannot be met, with the sum that shows it.
public struct Refusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is short.
    public let resource: Resource
    /// Guarantee or limit.
    public let term: Term
    /// Whose share is spent: `this host`, or a tenant.
    public let scope: String
    /// What there is, before the reserve.
    public let total: UInt64
    /// What is kept for the host.
    public let reserve: UInt64
    /// What others have been promised.
    public let promised: UInt64
    /// What was asked for.
    public let asked: UInt64

    /// A term of the sum.
    public enum Term: String, Sendable {
        /// Promised amounts.
        case guarantee
        /// Upper bounds, of which a stated multiple may be given out.
        case limit
    }

    /// The most that would have been admitted.
    public var fits: UInt64 { total.subtractingSaturated(reserve).subtractingSaturated(promised) }

    /// One line: the sum, the term that fails, what would fit.
    public var description: String {
        let text = resource.text
        let kept = reserve > 0 ? " - \(text(reserve)) reserve" : ""
        let less = promised > 0 ? " - \(text(promised)) promised" : ""
        let left = kept.isEmpty && less.isEmpty ? "" : " = \(text(fits)) left"
        return "\(resource.rawValue) \(term.rawValue): \(scope) has \(text(total))\(kept)\(less)\(left), "
            + "asked for \(text(asked)): \(text(fits)) would fit"
    }
}

/// Weighs demands against capacity and what is promised already.
extension Promises {
    /// Enters a jail's demand, in place of what it was promised before, or says why not.
    ///
    /// - Throws: ``Refusal``; the ledger is unchanged.
    public mutating func admit(
        jail: String,
        _ demand: Demand,
        tenant: String,
        _ capacity: Capacity
    ) throws(Refusal) {
        var next = self
        next.enter(jail: jail, demand, tenant: tenant)
        try next.check(asking: demand, before: self, jail: jail, from: owner(of: tenant), capacity)
        self = next
    }

    /// Enters a tenant's demand, in place of what it was promised before, or says why not.
    ///
    /// - Throws: ``Refusal``; the ledger is unchanged.
    public mutating func admit(
        tenant: String,
        _ demand: Demand,
        parent: String?,
        _ capacity: Capacity
    ) throws(Refusal) {
        var next = self
        next.enter(tenant: tenant, demand, parent: parent)
        // A tenant whose guarantee shrinks must still keep what it has promised its own.
        for resource in Resource.allCases where demand.guarantee[resource] > 0 {
            let below = next.promised(resource, below: tenant)
            guard below <= demand.guarantee[resource] else {
                throw Refusal(
                    resource: resource,
                    term: .guarantee,
                    scope: "tenant \(tenant)",
                    total: demand.guarantee[resource],
                    reserve: 0,
                    promised: 0,
                    asked: below
                )
            }
        }
        try next.check(asking: demand, before: self, jail: nil, from: parent.flatMap { next.owner(of: $0) }, capacity)
        self = next
    }

    /// Holds the new ledger to every bound on the way from the one who asks up to the host.
    private func check(
        asking demand: Demand,
        before: Promises,
        jail: String?,
        from tenant: String?,
        _ capacity: Capacity
    ) throws(Refusal) {
        for resource in Resource.allCases {
            for name in chain(from: tenant) {
                guard let entry = tenants[name] else { continue }
                let bound: UInt64? =
                    entry.declared.contains(resource)
                    ? entry.demand.guarantee[resource] : entry.demand.limit[resource]
                guard let bound else { continue }
                let sum = promised(resource, below: name)
                // Who makes a sum no larger is never refused for what others were promised before.
                guard sum > before.promised(resource, below: name) else { continue }
                try Self.hold(sum, to: bound, 0, resource, .guarantee, "tenant \(name)", demand.guarantee[resource])
            }
            let sum = promised(resource, below: nil)
            if sum > before.promised(resource, below: nil) {
                let (total, reserve) = (capacity.total[resource], capacity.reserve[resource])
                try Self.hold(sum, to: total, reserve, resource, .guarantee, "this host", demand.guarantee[resource])
            }
            guard let most = capacity.mostLimits(resource) else { continue }
            let everything = capacity.available(resource)
            let asked = demand.limit[resource] ?? everything
            let given = limits(resource, everything: everything)
            // Limits given out before the factor was lowered are nobody's fault who asks for no more than he had.
            guard given > before.limits(resource, everything: everything) else { continue }
            try Self.hold(given, to: most, 0, resource, .limit, "this host, overcommitted,", asked)
        }
    }

    private static func hold(
        _ sum: UInt64,
        to total: UInt64,
        _ reserve: UInt64,
        _ resource: Resource,
        _ term: Refusal.Term,
        _ scope: String,
        _ asked: UInt64
    ) throws(Refusal) {
        guard sum > total.subtractingSaturated(reserve) else { return }
        throw Refusal(
            resource: resource,
            term: term,
            scope: scope,
            total: total,
            reserve: reserve,
            promised: sum.subtractingSaturated(asked),
            asked: asked
        )
    }
}
