import LinuxKernel

/// An element of a set as the kernel lists it.
public struct ListedElement: Equatable, Sendable {
    /// Its key, fields padded to four bytes each where there are several.
    public let key: [UInt8]
    /// The value of a map; empty for others.
    public let data: [UInt8]
    /// Packets that matched it, where it counts.
    public let packets: UInt64
    /// Their bytes.
    public let bytes: UInt64

    /// All elements in the answers to ``Table/list(_:)``.
    public static func all(in replies: [NetlinkReply]) -> [ListedElement] {
        replies.filter { $0.type == 10 << 8 | 12 }.flatMap { reply in
            (reply.attributes(after: 4).nested(3).map(Array.init) ?? []).compactMap {
                ListedElement(NetlinkAttributes($0.payload))
            }
        }
    }

    private init?(_ attributes: NetlinkAttributes) {
        guard let key = attributes.nested(1)?.first(1) else { return nil }
        self.key = Array(key)
        data = attributes.nested(2)?.first(1).map(Array.init) ?? []
        var counter: NetlinkAttributes?
        for expression in [attributes.nested(7)]
            + (attributes.nested(11).map { $0.map { NetlinkAttributes($0.payload) } } ?? [])
        where expression?.text(1) == "counter" {
            counter = expression?.nested(2)
        }
        bytes = counter?.network(1) ?? 0
        packets = counter?.network(2) ?? 0
    }
}
