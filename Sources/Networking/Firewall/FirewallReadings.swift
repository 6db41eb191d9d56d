import LinuxKernel

/// Counters of all jails, read from the kernel once.
public struct FirewallReadings: Sendable {
    private var traffic: [(counter: TrafficCounter, address: [UInt8])] = []
    private var refused: [(kind: String, key: [UInt8], packets: UInt64)] = []

    /// Reads every set that counts; tables that are not there have none.
    public init(_ firewall: Firewall) {
        guard let netfilter = try? NetlinkSocket(.netfilter) else { return }
        for version in AddressVersion.allCases {
            for set in TrafficCounter.sets {
                for element in Self.elements(set + version.suffix, firewall.internet, netfilter) {
                    let counter = TrafficCounter(
                        set: set,
                        isVersion6: version == .v6,
                        packets: element.packets,
                        bytes: element.bytes
                    )
                    traffic.append((counter, element.key))
                }
            }
            for kind in FirewallSets.refusals {
                refused += Self.elements("refused_\(kind)\(version.suffix)", firewall.internet, netfilter)
                    .map { (kind, $0.key, $0.packets) }
            }
        }
        for table in [firewall.internet, firewall.bridge] {
            refused += Self.elements("refused_spoof", table, netfilter).map { ("spoof", $0.key, $0.packets) }
        }
    }

    private static func elements(
        _ set: String,
        _ table: Table,
        _ netfilter: borrowing NetlinkSocket
    ) -> [ListedElement] {
        guard let replies = try? netfilter.list(table.list(set)) else { return [] }
        return ListedElement.all(in: replies)
    }

    /// What a jail has sent and got.
    public func traffic(of addresses: [[UInt8]]) -> [TrafficCounter] {
        traffic.filter { addresses.contains($0.address) }.map(\.counter)
    }

    /// What was refused of a jail, kinds with at least one packet.
    public func refusals(of addresses: [[UInt8]], link: String) -> [(kind: String, packets: UInt64)] {
        let name = Element.name(link)
        var sums: [(kind: String, packets: UInt64)] = []
        for entry in refused where addresses.contains(entry.key) || entry.key == name {
            if let place = sums.firstIndex(where: { $0.kind == entry.kind }) {
                sums[place].packets += entry.packets
            } else {
                sums.append((entry.kind, entry.packets))
            }
        }
        return sums.filter { $0.packets > 0 }
    }
}
