import LinuxKernel

/// Counting of what was accepted, and allowances.
///
/// A counter is the counter of a set's element: nothing is added to the rules for a jail. Local is what stays on this
/// host, outside is all else; allowances are about the outside.
enum CountingRules {
    static func chains() -> [Chain] {
        [
            forwarded, host("count_in", Table.Hook.input, Match.fromJail(), "out"),
            host("count_out", Table.Hook.output, Match.toJail(), "in"),
        ]
    }

    private static var forwarded: Chain {
        var chain = Chain("count", Table.Hook(type: "filter", number: Table.Hook.forward, priority: 10))
        let leaves = Match.fromJail() + Match.toJail(false)
        let arrives = Match.fromJail(false) + Match.toJail()
        let stays = Match.fromJail() + Match.toJail()
        for version in AddressVersion.allCases {
            let (end, source, destination) = (version.suffix, Match.source(version), Match.destination(version))
            let over: [Expression] = [.object(of: "allowance" + end, 0)]
            // Beyond this allowance a jail is slowed down: what exceeds its pace is dropped.
            let tooFast: [Expression] = [.object(of: "slowdown" + end, 0), .object(of: "pace" + end, 0)]
            for match in [over, tooFast] {
                chain.add(leaves, source, match, [.end(.goTo("refuse_transfer_out"))])
                chain.add(arrives, destination, match, [.end(.goTo("refuse_transfer_in"))])
            }
            chain.add(leaves, source, [.find("out_outside" + end, 0)])
            chain.add(arrives, destination, [.find("in_outside" + end, 0)])
            chain.add(stays, source, [.find("out_local" + end, 0)])
            chain.add(stays, destination, [.find("in_local" + end, 0)])
        }
        return chain
    }

    private static func host(_ name: String, _ place: UInt32, _ match: [Expression], _ direction: String) -> Chain {
        var chain = Chain(name, Table.Hook(type: "filter", number: place, priority: 10))
        for version in AddressVersion.allCases {
            let address = direction == "out" ? Match.source(version) : Match.destination(version)
            chain.add(match, address, [.find("\(direction)_local\(version.suffix)", 0)])
        }
        return chain
    }
}
