import LinuxKernel

/// Routing of jails: who reaches whom, and under which address.
///
///     prerouting   false sources and the host's loopback are stopped; published ports lead to their jail
///     forward      from a jail: its limits and rules, then outside (mail only where allowed) or another jail
///                  to a jail: its limits and rules, then published, same tenant, or an address that is open
///     input        the host itself: answers, ping, neighbours, and the services it offers to jails
///     postrouting  under the host's address to the outside; a jail that calls itself through the host
///
/// What is accepted is counted afterwards (``CountingRules``), at a later priority of the same hooks; what is refused,
/// where it is refused (``Refusals``).
struct InternetRules {
    let closesTransit: Bool

    func chains() -> [Chain] {
        Refusals.chains() + [outside, fromJail, sameTenant, toJail, arriving, turned, leaving, forward, input, output]
            + [publish("publish", Table.Hook.prerouting), publish("publish_here", Table.Hook.output)]
            + CountingRules.chains()
    }

    /// Mail to other hosts: allowed at all, or to this relay, or refused.
    private var outside: Chain {
        var chain = Chain("outside")
        let mail = Match.transport(6) + Match.port(25)
        for version in AddressVersion.allCases {
            chain.add(mail, Match.source(version), [.find("smtp" + version.suffix, 0), .end(.giveBack)])
            chain.add(
                mail,
                Match.source(version),
                Match.destinationBehindSource(version),
                [.find("relays" + version.suffix, 0), .end(.giveBack)]
            )
        }
        chain.add(mail, [.end(.goTo("refuse_smtp"))])
        return chain
    }

    private var fromJail: Chain {
        var chain = Chain("from_jail")
        for version in AddressVersion.allCases {
            let source = Match.source(version)
            chain.add(source, [.find("connections" + version.suffix, 0), .end(.goTo("refuse_connections"))])
            chain.add(source, [.find("rates" + version.suffix, 0), .end(.goTo("refuse_connections"))])
            chain.add(source, [.verdict(of: "egress" + version.suffix, 0)])
        }
        chain.add(Match.toJail(false), [.end(.jump("outside"))])
        chain.add(Match.toJail(false), [.end(.accept)])
        return chain
    }

    private var toJail: Chain {
        var chain = Chain("to_jail")
        for version in AddressVersion.allCases {
            let destination = Match.destination(version)
            chain.add(destination, [.find("connections" + version.suffix, 0), .end(.goTo("refuse_flood"))])
            chain.add(destination, [.find("rates" + version.suffix, 0), .end(.goTo("refuse_flood"))])
            chain.add(destination, [.verdict(of: "ingress" + version.suffix, 0)])
        }
        chain.add(Match.published, [.end(.accept)])
        for version in AddressVersion.allCases {
            // The sender's number, then the receiver's address behind it: are both of one tenant? The number goes through
            // the packet's mark, because nft(8) up to 1.0.6 ends in an assertion when it lists a key made from a map.
            chain.add(
                Match.fromJail(),
                Match.source(version),
                [.find("tenants" + version.suffix, 0, into: 0), .setMark(0)]
            )
            chain.add(
                Match.fromJail(),
                Match.version(version),
                [.load(.mark, into: 0)],
                [.payload(.network, version.destinationOffset, version.length, into: 1)],
                [.find("members" + version.suffix, 0), .end(.goTo("same_tenant"))]
            )
        }
        chain.add(Match.fromJail(), [.end(.goTo("refuse_tenant"))])
        for version in AddressVersion.allCases {
            chain.add(Match.destination(version), [.find("open" + version.suffix, 0), .end(.accept)])
        }
        chain.add([.end(.goTo("refuse_outside"))])
        return chain
    }

    private var sameTenant: Chain {
        var chain = Chain("same_tenant")
        chain.add([.value([0, 0, 0, 0], into: 0), .setMark(0), .end(.accept)])
        return chain
    }

    private var arriving: Chain {
        var chain = Chain("arriving", Table.Hook(type: "filter", number: Table.Hook.prerouting, priority: -300))
        chain.add(Match.fromJail(false), [.end(.accept)])
        // 127.0.0.0/8 is the host's alone, although published ports on it are routed.
        let loopback: [Expression] = [.compare(0, [127]), .end(.goTo("spoof"))]
        chain.add(Match.version(.v4), [.payload(.network, 16, 1, into: 0)], loopback)
        chain.add(Match.version(.v4), [.payload(.network, 12, 1, into: 0)], loopback)
        for version in AddressVersion.allCases {
            chain.add(
                Match.from(group: InterfaceGroup.routed),
                Match.version(version),
                [.load(.inputName, into: 0), .payload(.network, version.sourceOffset, version.length, into: 4)],
                [.find("pins" + version.suffix, 0), .end(.accept)]
            )
        }
        chain.add(Match.from(group: InterfaceGroup.routed), [.end(.goTo("spoof"))])
        return chain
    }

    /// After published ports have led to their jail: ``BridgeRules`` lets these packets from port to port.
    private var turned: Chain {
        var chain = Chain("turned", Table.Hook(type: "filter", number: Table.Hook.prerouting, priority: -90))
        chain.add(Match.fromJail(), Match.published, [.value(Match.publishedMark, into: 0), .setMark(0)])
        return chain
    }

    private func publish(_ name: String, _ place: UInt32) -> Chain {
        var chain = Chain(name, Table.Hook(type: "nat", number: place, priority: -100))
        // RTN_LOCAL: an address of this host.
        let here: [Expression] = [.destinationKind(into: 0), .compare(0, [2, 0, 0, 0])]
        for version in AddressVersion.allCases {
            let next = version.registers
            chain.add(
                here,
                Match.destination(version),
                [.load(.transportProtocol, into: next), .payload(.transport, 2, 2, into: next + 1)],
                [.find("publish" + version.suffix, 0, into: 0), .redirect(version, address: 0, port: next)]
            )
            chain.add(
                here,
                Match.version(version),
                [.load(.transportProtocol, into: 0), .payload(.transport, 2, 2, into: 1)],
                [.find("publishany" + version.suffix, 0, into: 0), .redirect(version, address: 0, port: next)]
            )
        }
        return chain
    }

    private var leaving: Chain {
        var chain = Chain("leaving", Table.Hook(type: "nat", number: Table.Hook.postrouting, priority: 100))
        for version in AddressVersion.allCases {
            chain.add(
                Match.source(version),
                Match.destinationBehindSource(version),
                [.find("self" + version.suffix, 0), .masquerade]
            )
            chain.add(Match.toJail(false), Match.source(version), [.find("nat" + version.suffix, 0), .masquerade])
        }
        // The host itself through 127.0.0.1: the jail must be able to answer.
        chain.add(
            Match.toJail(),
            Match.version(.v4),
            [.payload(.network, 12, 1, into: 0), .compare(0, [127]), .masquerade]
        )
        return chain
    }

    private var forward: Chain {
        var chain = Chain("forward", Table.Hook(type: "filter", number: Table.Hook.forward, priority: 0))
        chain.add(Match.fromJail(false), Match.toJail(false), [.end(closesTransit ? .drop : .accept)])
        chain.add(Match.state(1), [.end(.drop)])
        chain.add(Match.state(2 | 4), [.end(.accept)])
        chain.add(Match.fromJail(), [.end(.jump("from_jail"))])
        chain.add(Match.toJail(), [.end(.jump("to_jail"))])
        return chain
    }

    private var input: Chain {
        var chain = Chain("input", Table.Hook(type: "filter", number: Table.Hook.input, priority: 0))
        chain.add(Match.fromJail(false), [.end(.accept)])
        chain.add(Match.state(2 | 4), [.end(.accept)])
        chain.add(Match.control(.v4, type: 8), [.end(.accept)])
        // Echo, and neighbour solicitation and advertisement.
        for type: UInt8 in [128, 135, 136] { chain.add(Match.control(.v6, type: type), [.end(.accept)]) }
        // Every link says once that it is there (groups it listens to, is there a router): nobody's fault, and no answer.
        for type: UInt8 in [131, 132, 133, 143] { chain.add(Match.control(.v6, type: type), [.end(.drop)]) }
        chain.add(
            [.load(.transportProtocol, into: 0), .payload(.transport, 2, 2, into: 1)],
            [.find("services", 0), .end(.accept)]
        )
        chain.add([.end(.goTo("refuse_host"))])
        return chain
    }

    /// Jails reach each other through the host although they share a link: it must not tell them a shorter way.
    private var output: Chain {
        var chain = Chain("output", Table.Hook(type: "filter", number: Table.Hook.output, priority: 0))
        chain.add(Match.toJail(), Match.control(.v4, type: 5), [.end(.drop)])
        chain.add(Match.toJail(), Match.control(.v6, type: 137), [.end(.drop)])
        return chain
    }
}
