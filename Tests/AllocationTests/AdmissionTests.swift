import Testing

@testable import Allocation

@Suite("admission") struct AdmissionTests {
    static let capacity = Capacity(
        total: Amounts(cpu: 4_000_000, memory: 8 << 30, disk: 1 << 40),
        reserve: Amounts(cpu: 400_000, memory: 1 << 30)
    )

    static func asking(_ memory: UInt64, cpu: UInt64 = 0) -> Demand {
        Demand(guarantee: Amounts(cpu: cpu, memory: memory))
    }

    @Test func `What the reserve leaves can be promised, and not a byte more`() throws {
        var ledger = Promises()
        try ledger.admit(jail: "a", Self.asking(7 << 30), tenant: "t", Self.capacity)
        #expect(throws: Refusal.self) { try ledger.admit(jail: "b", Self.asking(1), tenant: "t", Self.capacity) }
        ledger.release(jail: "a")
        try ledger.admit(jail: "b", Self.asking(1), tenant: "t", Self.capacity)
    }

    @Test func `A refusal prints the sum and what would fit`() throws {
        var ledger = Promises()
        try ledger.admit(jail: "a", Self.asking(6 << 30), tenant: "t", Self.capacity)
        let refusal = #expect(throws: Refusal.self) {
            try ledger.admit(jail: "b", Self.asking(2 << 30), tenant: "t", Self.capacity)
        }
        #expect(
            refusal?.description
                == "memory guarantee: this host has 8 GiB - 1 GiB reserve - 6 GiB promised = 1 GiB left, asked for 2 GiB: "
                + "1 GiB would fit"
        )
        try ledger.admit(jail: "b", Self.asking(refusal?.fits ?? 0), tenant: "t", Self.capacity)
    }

    @Test func `A tenant's guarantee is its jails' to share, and nobody else's`() throws {
        var ledger = Promises()
        try ledger.admit(tenant: "acme", Self.asking(4 << 30), parent: nil, Self.capacity)
        #expect(throws: Refusal.self) {
            try ledger.admit(jail: "x", Self.asking(4 << 30), tenant: "other", Self.capacity)
        }
        try ledger.admit(jail: "a", Self.asking(3 << 30), tenant: "acme", Self.capacity)
        let refusal = #expect(throws: Refusal.self) {
            try ledger.admit(jail: "b", Self.asking(2 << 30), tenant: "acme", Self.capacity)
        }
        #expect(refusal?.scope == "tenant acme")
        // It cannot take back from them what it gave.
        #expect(throws: Refusal.self) {
            try ledger.admit(tenant: "acme", Self.asking(2 << 30), parent: nil, Self.capacity)
        }
    }

    @Test func `A reseller's children together have no more than the reseller`() throws {
        var ledger = Promises()
        try ledger.admit(tenant: "reseller", Self.asking(2 << 30), parent: nil, Self.capacity)
        try ledger.admit(tenant: "one", Demand(), parent: "reseller", Self.capacity)
        try ledger.admit(tenant: "two", Self.asking(1 << 30), parent: "reseller", Self.capacity)
        try ledger.admit(jail: "a", Self.asking(1 << 30), tenant: "one", Self.capacity)
        #expect(throws: Refusal.self) { try ledger.admit(jail: "b", Self.asking(1), tenant: "one", Self.capacity) }
        try ledger.admit(jail: "c", Self.asking(1 << 30), tenant: "two", Self.capacity)
    }

    @Test func `Limits may be given out as far as the factor says`() throws {
        var ledger = Promises()
        var capacity = Self.capacity
        capacity.overcommit[.memory] = 200
        let limited = Demand(limit: [.memory: 7 << 30])
        try ledger.admit(jail: "a", limited, tenant: "t", capacity)
        try ledger.admit(jail: "b", limited, tenant: "t", capacity)
        let refusal = #expect(throws: Refusal.self) { try ledger.admit(jail: "c", limited, tenant: "t", capacity) }
        #expect(refusal?.term == .limit)
        // A jail without a limit can take everything there is.
        #expect(throws: Refusal.self) { try ledger.admit(jail: "d", Demand(), tenant: "t", capacity) }
    }

    /// Whatever is asked in whatever order, no sum of promises is above what bounds it.
    @Test(arguments: 0..<40) func `No sequence of operations promises more than the capacity`(seed: UInt64) {
        var random = Sequence(state: seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        var ledger = Promises()
        let tenants = (0..<6).map { "t\($0)" }
        for _ in 0..<400 {
            let demand = Demand(
                guarantee: Amounts(
                    cpu: random.below(6) == 0 ? random.next() : random.below(1_000_000),
                    memory: random.below(9) == 0 ? random.next() : random.below(3 << 30),
                    disk: random.below(1 << 39)
                ),
                limit: random.below(2) == 0 ? [.memory: random.below(9 << 30)] : [:]
            )
            let (jail, tenant) = ("j\(random.below(30))", tenants[Int(random.below(6))])
            let parent = random.below(2) == 0 ? tenants[Int(random.below(6))] : nil
            switch random.below(6) {
            case 0: ledger.release(jail: jail)
            case 1:
                // A parent that would make a circle is refused before it comes here; see DeclaredSet.
                guard parent.map({ !ledger.chain(from: $0).contains(tenant) }) ?? true else { continue }
                try? ledger.admit(tenant: tenant, demand, parent: parent, Self.capacity)
            default: try? ledger.admit(jail: jail, demand, tenant: tenant, Self.capacity)
            }
            Self.check(ledger)
        }
        #expect(!ledger.jails.isEmpty)
    }

    private static func check(_ ledger: Promises) {
        for resource in Resource.allCases {
            #expect(ledger.promised(resource, below: nil) <= capacity.available(resource))
            for (name, tenant) in ledger.tenants where tenant.declared.contains(resource) {
                #expect(ledger.promised(resource, below: name) <= tenant.demand.guarantee[resource])
            }
        }
    }

    /// The same numbers for the same seed.
    struct Sequence {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }

        mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
    }
}
