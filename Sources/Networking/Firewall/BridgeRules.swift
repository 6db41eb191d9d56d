import LinuxKernel

/// What a port of a bridge may put on it: frames from its own hardware address with its own addresses in them.
///
/// Frames reach the host alone and never another jail: ports are isolated, and where br_netfilter makes that impossible
/// (see `LinkMessages.confinePort`) the rules in ``forward`` say so. The host's table of neighbours is fixed. The other rules
/// stop what is false at the door, and count it.
enum BridgeRules {
    static func chains() -> [Chain] { [Refusals.spoof, control6, addressed, prerouting, forward] }

    /// Ports of other bridges pass; of ours, frames with their own hardware address go on.
    private static var prerouting: Chain {
        var chain = Chain("prerouting", Table.Hook(type: "filter", number: Table.Hook.prerouting, priority: -300))
        chain.add(
            [.load(.inputGroup, into: 0), .compare(0, InterfaceGroup.port.hostBytes, differs: true), .end(.accept)]
        )
        // The frame's source address; register 4 follows the four of the name.
        chain.add(
            [.load(.inputName, into: 0), .payload(.link, 6, 6, into: 4)],
            [.find("macs", 0), .end(.goTo("addressed"))]
        )
        chain.add([.end(.goTo("spoof"))])
        return chain
    }

    /// From port to port goes only what the host's rules have sent to a published port: they have marked it.
    private static var forward: Chain {
        var chain = Chain("forward", Table.Hook(type: "filter", number: Table.Hook.forward, priority: 0))
        for group in [Expression.Meta.inputGroup, .outputGroup] {
            chain.add([
                .load(group, into: 0), .compare(0, InterfaceGroup.port.hostBytes, differs: true), .end(.accept),
            ])
        }
        chain.add([.load(.mark, into: 0), .compare(0, Match.publishedMark), .end(.accept)])
        chain.add([.end(.drop)])
        return chain
    }

    /// IPv4, IPv6 and ARP from the own addresses; VLAN tags and every other type of frame are nobody's here.
    private static var addressed: Chain {
        var chain = Chain("addressed")
        let (version4, version6) = (type([0x08, 0x00]), type([0x86, 0xDD]))
        // A jail that answers DHCP: source port 67.
        chain.add(
            version4,
            Match.transport(17),
            [.payload(.transport, 0, 2, into: 0), .compare(0, UInt16(67).networkBytes), .end(.goTo("spoof"))]
        )
        chain.add(version4, pinned("pins4", 12, 4), [.end(.accept)])
        chain.add(version6, pinned("pins6", 8, 16), [.end(.goTo("control6"))])
        // ARP for IPv4 over Ethernet, with own hardware and own protocol address as sender.
        chain.add(
            type([0x08, 0x06]),
            [.payload(.network, 0, 4, into: 0), .compare(0, [0, 1, 8, 0])],
            pinned("macs", 8, 6),
            pinned("pins4", 14, 4),
            [.end(.accept)]
        )
        chain.add([.end(.goTo("spoof"))])
        return chain
    }

    /// Routers alone advertise routes (134) and redirect (137), and a jail is none.
    private static var control6: Chain {
        var chain = Chain("control6")
        for type: UInt8 in [134, 137] {
            chain.add(
                Match.transport(58),
                [.payload(.transport, 0, 1, into: 0), .compare(0, [type]), .end(.goTo("spoof"))]
            )
        }
        chain.add([.end(.accept)])
        return chain
    }

    private static func type(_ bytes: [UInt8]) -> [Expression] {
        [.payload(.link, 12, 2, into: 0), .compare(0, bytes)]
    }

    /// The port and this field of the packet are in a set together.
    private static func pinned(_ set: String, _ offset: UInt32, _ length: UInt32) -> [Expression] {
        [.load(.inputName, into: 0), .payload(.network, offset, length, into: 4), .find(set, 0)]
    }
}
