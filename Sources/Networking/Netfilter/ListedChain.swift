import LinuxKernel

/// A chain of any table as the kernel lists it.
public struct ListedChain: Equatable, Sendable {
    /// Its table.
    public let table: String
    /// Its name.
    public let name: String
    /// Whether it is called for forwarded packets and drops what no rule accepts.
    public let dropsForwarded: Bool

    /// All chains in the answers to ``Table/listChains()``.
    public static func all(in replies: [NetlinkReply]) -> [ListedChain] {
        replies.filter { $0.type == 10 << 8 | 3 }.compactMap { reply in
            let attributes = reply.attributes(after: 4)
            guard let table = attributes.text(1), let name = attributes.text(3) else { return nil }
            let hook = attributes.nested(4)?.network(1)
            // NF_DROP is 0; a chain without a hook has no policy.
            let isRouted = reply.payload.first.map { [1, 2, 10].contains($0) } ?? false
            return ListedChain(
                table: table,
                name: name,
                dropsForwarded: isRouted && hook == UInt64(Table.Hook.forward) && attributes.network(5) == 0
            )
        }
    }
}

extension Table {
    /// Asks for all chains of all tables.
    public static func listChains() -> NetlinkMessage {
        NetlinkMessage(10 << 8 | 4, .dump, header: [0, 0, 0, 0], subject: "nf_tables: chains")
    }
}
