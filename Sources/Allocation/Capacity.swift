/// What the host has to give.
public struct Capacity: Equatable, Sendable {
    /// Everything there is.
    public var total: Amounts
    /// Kept for the host itself.
    public var reserve: Amounts
    /// How many times what may be promised all limits together may come to, in percent; nil: any number of times.
    public var overcommit: [Resource: UInt64]

    /// Makes a capacity.
    public init(total: Amounts, reserve: Amounts = Amounts(), overcommit: [Resource: UInt64] = [:]) {
        (self.total, self.reserve, self.overcommit) = (total, reserve, overcommit)
    }

    /// What may be promised of a resource.
    public func available(_ resource: Resource) -> UInt64 {
        total[resource].subtractingSaturated(reserve[resource])
    }

    /// The most that all limits together may come to; nil: no bound.
    public func mostLimits(_ resource: Resource) -> UInt64? {
        overcommit[resource].map { percent in
            let (product, overflow) = available(resource).multipliedReportingOverflow(by: percent)
            return overflow ? .max : product / 100
        }
    }
}

/// What a jail or a tenant asks for.
public struct Demand: Equatable, Sendable {
    /// What must always be there for it.
    public var guarantee: Amounts
    /// The most it can take; nil for a resource: as much as there is.
    public var limit: [Resource: UInt64]

    /// Makes a demand.
    public init(guarantee: Amounts = Amounts(), limit: [Resource: UInt64] = [:]) {
        (self.guarantee, self.limit) = (guarantee, limit)
    }
}
