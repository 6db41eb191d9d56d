/// The ledger of what was promised: a tree of tenants, with jails as its leaves.
///
/// A tenant that declares a guarantee has it whether its jails use it or not, and they share it; one that declares none
/// passes what its jails ask for on to whoever is above it.
public struct Promises: Equatable, Sendable {
    struct TenantEntry: Equatable, Sendable {
        var demand: Demand
        /// Resources that the tenant itself guarantees.
        var declared: Set<Resource>
        var parent: String?
    }

    struct JailEntry: Equatable, Sendable {
        var demand: Demand
        var tenant: String
    }

    private(set) var tenants: [String: TenantEntry] = [:]
    private(set) var jails: [String: JailEntry] = [:]

    /// Nothing promised yet.
    public init() {}

    /// The names of those that have a promise.
    public var holders: Set<String> { Set(jails.keys) }

    /// Promises to a jail that is in the ledger are taken back; another's are not touched.
    public mutating func release(jail: String) { jails[jail] = nil }

    /// Takes a tenant out; its jails stand directly under the host then.
    public mutating func release(tenant: String) { tenants[tenant] = nil }

    mutating func enter(jail: String, _ demand: Demand, tenant: String) {
        jails[jail] = JailEntry(demand: demand, tenant: tenant)
    }

    mutating func enter(tenant: String, _ demand: Demand, parent: String?) {
        let declared = Set(Resource.allCases.filter { demand.guarantee[$0] > 0 })
        tenants[tenant] = TenantEntry(demand: demand, declared: declared, parent: parent)
    }

    /// What is promised of a resource directly below a tenant, or directly below the host (nil).
    func promised(_ resource: Resource, below tenant: String?) -> UInt64 {
        let ofJails = jails.values.lazy.filter { owner(of: $0.tenant) == tenant }.map { $0.demand.guarantee[resource] }
        let ofTenants = tenants.filter { parent(of: $0.key) == tenant }.keys.map { guarantee(of: $0, resource) }
        return (Array(ofJails) + ofTenants).reduce(0) { $0.addingSaturated($1) }
    }

    /// What a tenant takes from whoever is above it.
    func guarantee(of tenant: String, _ resource: Resource) -> UInt64 {
        guard let entry = tenants[tenant] else { return 0 }
        return entry.declared.contains(resource)
            ? entry.demand.guarantee[resource] : promised(resource, below: tenant)
    }

    /// The sum of limits directly below the host; an unlimited one can take everything.
    func limits(_ resource: Resource, everything: UInt64) -> UInt64 {
        let ofJails = jails.values.filter { owner(of: $0.tenant) == nil }.map {
            $0.demand.limit[resource] ?? everything
        }
        let ofTenants = tenants.filter { parent(of: $0.key) == nil }.values.map {
            $0.demand.limit[resource] ?? everything
        }
        return (ofJails + ofTenants).reduce(0) { $0.addingSaturated($1) }
    }

    /// A tenant that nobody declared is no bound: its jails stand under the host.
    func owner(of tenant: String) -> String? { tenants[tenant] == nil ? nil : tenant }

    func parent(of tenant: String) -> String? { tenants[tenant]?.parent.flatMap { owner(of: $0) } }

    /// From a tenant up to the outermost one; a cycle ends where it began.
    func chain(from tenant: String?) -> [String] {
        var chain: [String] = []
        var next = tenant.flatMap { owner(of: $0) }
        while let name = next, !chain.contains(name) {
            chain.append(name)
            next = parent(of: name)
        }
        return chain
    }
}

extension Promises {
    /// Enters what runs already, whether it fits or not: what is promised is promised.
    public mutating func keep(jail: String, _ demand: Demand, tenant: String) {
        enter(jail: jail, demand, tenant: tenant)
    }

    /// The jails alone.
    public func withoutTenants() -> Promises {
        var promises = self
        promises.tenants = [:]
        return promises
    }

    /// What the host has promised of a resource, to tenants and jails together.
    public func promisedByHost(_ resource: Resource) -> UInt64 { promised(resource, below: nil) }
}
