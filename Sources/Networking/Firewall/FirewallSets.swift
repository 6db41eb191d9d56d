/// The sets and maps of Bailey's tables.
///
/// Rules never change while jails come and go: a jail is a handful of elements. Each exists once for IPv4 and once for
/// IPv6; `Jails` below is the address of a jail.
enum FirewallSets {
    /// Refusals that are counted, one set each; `bailey network inspect` and `bailey events` call them so.
    static let refusals = ["tenant", "host", "smtp", "connections", "egress", "ingress", "outside", "transfer"]

    static func internet(_ version: AddressVersion) -> [SetShape] {
        let (end, address) = (version.suffix, SetShape.Field.address(version))
        return [
            // Which interface sends from which address (links without a bridge).
            SetShape(name: "pins" + end, key: [.interfaceName, address]),
            // A number for tenant and network of each jail, and who belongs to it.
            SetShape(name: "tenants" + end, key: [address], value: .data([.mark])),
            SetShape(name: "members" + end, key: [.mark, address]),
            // A jail that speaks to itself through a published port.
            SetShape(name: "self" + end, key: [address, address]),
            // Sends to the outside under the host's address, or is reached from there under its own.
            SetShape(name: "nat" + end, key: [address]),
            SetShape(name: "open" + end, key: [address]),
            SetShape(
                name: "publish" + end,
                key: [address, .transport, .port],
                value: .data([address, .port])
            ),
            SetShape(name: "publishany" + end, key: [.transport, .port], value: .data([address, .port])),
            SetShape(name: "out_local" + end, key: [address], counts: true),
            SetShape(name: "out_outside" + end, key: [address], counts: true),
            SetShape(name: "in_local" + end, key: [address], counts: true),
            SetShape(name: "in_outside" + end, key: [address], counts: true),
            SetShape(name: "smtp" + end, key: [address]),
            SetShape(name: "relays" + end, key: [address, address]),
            // Elements hold the limit itself, so that every jail has its own.
            SetShape(name: "connections" + end, key: [address], dynamic: true, size: 1 << 17),
            SetShape(name: "rates" + end, key: [address], dynamic: true, size: 1 << 17),
            SetShape(name: "egress" + end, key: [address], value: .verdict),
            SetShape(name: "ingress" + end, key: [address], value: .verdict),
            SetShape(name: "allowance" + end, key: [address], value: .object(2)),
            SetShape(name: "slowdown" + end, key: [address], value: .object(2)),
            SetShape(name: "pace" + end, key: [address], value: .object(4)),
        ]
            + refusals.map { kind in
                SetShape(name: "refused_\(kind)\(end)", key: [address], counts: true, dynamic: true, size: 1 << 16)
            }
    }

    /// For all versions together.
    static let shared = [
        // Services of the host that jails may use.
        SetShape(name: "services", key: [.transport, .port]),
        spoofed,
    ]

    static let spoofed = SetShape(
        name: "refused_spoof",
        key: [.interfaceName],
        counts: true,
        dynamic: true,
        size: 1 << 16
    )

    /// What a port of a bridge may send from.
    static let bridge = [
        SetShape(name: "macs", key: [.interfaceName, .hardwareAddress]),
        SetShape(name: "pins4", key: [.interfaceName, .address(.v4)]),
        SetShape(name: "pins6", key: [.interfaceName, .address(.v6)]),
        spoofed,
    ]
}
