import LinuxKernel

/// Bailey's tables: which there are, and the requests that make and remove them.
///
/// Only tables of these names are ever touched; rules of others are left alone.
public struct Firewall: Equatable, Sendable {
    /// Routing, address translation, walls and counters.
    public let internet: Table
    /// Walls at the ports of bridges.
    public let bridge: Table
    /// Hosts that did not forward before Bailey made them: what is neither from nor to a jail is then dropped.
    public let closesTransit: Bool

    /// The tables of an installation.
    public init(name: String, closesTransit: Bool) {
        internet = Table(name, .internet)
        bridge = Table(name, .bridge)
        self.closesTransit = closesTransit
    }

    /// One transaction that makes everything.
    public func make() -> [NetlinkMessage] {
        var sets = FirewallSets.shared
        for version in AddressVersion.allCases { sets += FirewallSets.internet(version) }
        var messages = [internet.make()] + Self.declare(sets, in: internet)
        messages += Chain.messages(InternetRules(closesTransit: closesTransit).chains(), in: internet)
        messages += [bridge.make()] + Self.declare(FirewallSets.bridge, in: bridge)
        return messages + Chain.messages(BridgeRules.chains(), in: bridge)
    }

    /// One transaction that removes everything.
    public func remove() -> [NetlinkMessage] { [internet.remove(), bridge.remove()] }

    private static func declare(_ sets: [SetShape], in table: Table) -> [NetlinkMessage] {
        sets.enumerated().map { table.set($1, id: UInt32($0 + 1)) }
    }
}
