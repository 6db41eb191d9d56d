/// Chains that refuse: they count the jail, show the packet to `bailey network trace`, and answer those inside, so that
/// programs fail at once instead of waiting.
///
/// Nothing is answered to the outside.
enum Refusals {
    static func chains() -> [Chain] {
        ["tenant", "host", "smtp", "egress", "connections"].map { answering($0) }
            + ["ingress", "outside"].map { silent($0, counting: $0, Match.destination) }
            + [
                silent("flood", counting: "connections", Match.destination),
                silent("transfer_out", counting: "transfer", Match.source),
                silent("transfer_in", counting: "transfer", Match.destination), spoof,
            ]
    }

    private static func answering(_ kind: String) -> Chain {
        var chain = Chain("refuse_" + kind)
        for version in AddressVersion.allCases {
            chain.add(Match.source(version), [.note(in: "refused_\(kind)\(version.suffix)", 0)])
        }
        chain.add([.show(kind)])
        chain.add(Match.transport(6), [.reset])
        chain.add([.prohibit])
        return chain
    }

    private static func silent(
        _ name: String,
        counting kind: String,
        _ address: (AddressVersion, UInt32) -> [Expression]
    ) -> Chain {
        var chain = Chain("refuse_" + name)
        for version in AddressVersion.allCases {
            chain.add(address(version, 0), [.note(in: "refused_\(kind)\(version.suffix)", 0)])
        }
        chain.add([.show(kind), .end(.drop)])
        return chain
    }

    /// A false source: whose it is tells the link.
    static var spoof: Chain {
        var chain = Chain("spoof")
        chain.add([.load(.inputName, into: 0), .note(in: "refused_spoof", 0), .show("spoof"), .end(.drop)])
        return chain
    }
}
