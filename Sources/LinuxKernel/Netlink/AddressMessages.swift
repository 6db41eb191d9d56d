import Glibc

/// Requests about addresses, routes and neighbours; rtnetlink(7).
public enum AddressMessages {
    /// Gives an interface an address.
    ///
    /// `address`: Four or sixteen bytes.
    /// `prefix`: Length of the network part in bits.
    /// `index`: The interface.
    public static func address(_ address: [UInt8], prefix: UInt8, index: UInt32) -> NetlinkMessage {
        let isLocal = address.starts(with: [0xFE, 0x80]) || address.starts(with: [169, 254])
        // struct ifaddrmsg: family u8, prefix length u8, flags u8, scope u8, index u32. IFA_F_NODAD (2): the address is
        // claimed already, and duplicate detection would keep it unusable for a second.
        let scope: UInt8 = isLocal ? 253 : 0
        let header = [family(address), prefix, address.count == 16 ? 2 : 0, scope] + index.hostBytes
        var message = NetlinkMessage(
            20,
            [.create, .replace, .acknowledge],
            header: header,
            subject: "RTM_NEWADDR on \(index)"
        )
        message.add(2, address)  // IFA_LOCAL
        message.add(1, address)  // IFA_ADDRESS
        return message
    }

    /// Takes an address that stands for itself alone from an interface.
    public static func removeAddress(_ address: [UInt8], index: UInt32) -> NetlinkMessage {
        let header = [family(address), UInt8(address.count * 8), 0, 0] + index.hostBytes
        var message = NetlinkMessage(21, .acknowledge, header: header, subject: "RTM_DELADDR on \(index)")
        message.add(2, address)
        return message
    }

    /// A route.
    ///
    /// `destination`: Its network; empty for every address of `gateway`'s family.
    /// `gateway`: The next hop, reached directly whatever the addresses say (`RTNH_F_ONLINK`); nil for a destination that
    /// is a neighbour itself.
    /// `index`: The interface.
    public static func route(
        to destination: [UInt8],
        prefix: UInt8,
        gateway: [UInt8]? = nil,
        index: UInt32,
        removing: Bool = false
    ) -> NetlinkMessage {
        let version = family(gateway ?? destination)
        let scope: UInt8 = gateway == nil && version == UInt8(AF_INET) ? 253 : 0
        // struct rtmsg: family, destination length, source length, type of service, table (RT_TABLE_MAIN), protocol
        // (RTPROT_STATIC), scope, type (RTN_UNICAST), flags u32.
        let flags: UInt32 = gateway == nil ? 0 : 4
        let header: [UInt8] = [version, prefix, 0, 0, 254, 4, scope, 1] + flags.hostBytes
        var message = NetlinkMessage(
            removing ? 25 : 24,
            removing ? .acknowledge : [.create, .replace, .acknowledge],
            header: header,
            subject: "\(removing ? "RTM_DELROUTE" : "RTM_NEWROUTE") through \(index)"
        )
        if !destination.isEmpty { message.add(1, destination) }
        if let gateway { message.add(5, gateway) }
        message.add(4, host: index)
        return message
    }

    /// Says for good which hardware address a neighbour has: no answer of anybody changes it (`NUD_PERMANENT`).
    public static func neighbour(
        _ address: [UInt8],
        hardwareAddress: [UInt8],
        index: UInt32
    ) -> NetlinkMessage {
        var message = neighbourRequest(28, family(address), index, flags: 0, "RTM_NEWNEIGH on \(index)")
        message.add(1, address)  // NDA_DST
        message.add(2, hardwareAddress)  // NDA_LLADDR
        return message
    }

    /// Forgets a neighbour.
    public static func forgetNeighbour(_ address: [UInt8], index: UInt32) -> NetlinkMessage {
        var message = neighbourRequest(29, family(address), index, flags: 0, "RTM_DELNEIGH on \(index)")
        message.add(1, address)
        return message
    }

    /// Says for good behind which port of its bridge a hardware address is (`NTF_MASTER`).
    public static func forwarding(_ hardwareAddress: [UInt8], port: UInt32) -> NetlinkMessage {
        var message = neighbourRequest(28, 7, port, flags: 4, "RTM_NEWNEIGH port \(port)")
        message.add(2, hardwareAddress)
        return message
    }

    /// Asks for all addresses of all interfaces.
    public static func listAddresses() -> NetlinkMessage {
        NetlinkMessage(22, .dump, header: [0, 0, 0, 0, 0, 0, 0, 0], subject: "RTM_GETADDR")
    }

    /// struct ndmsg: family u8, padding u8, padding u16, index i32, state u16, flags u8, type u8.
    ///
    /// The state is `NUD_PERMANENT` (0x80); in a forwarding table with `NUD_NOARP` (0x40), which keeps the entry from being
    /// taken for one of the bridge itself.
    private static func neighbourRequest(
        _ type: UInt16,
        _ version: UInt8,
        _ index: UInt32,
        flags: UInt8,
        _ subject: String
    ) -> NetlinkMessage {
        let state: UInt8 = version == 7 ? 0x40 : 0x80
        return NetlinkMessage(
            type,
            type == 28 ? [.create, .replace, .acknowledge] : .acknowledge,
            header: [version, 0, 0, 0] + index.hostBytes + [state, 0, flags, 0],
            subject: subject
        )
    }

    private static func family(_ address: [UInt8]) -> UInt8 { UInt8(address.count == 16 ? AF_INET6 : AF_INET) }
}

/// An address of an interface as the kernel lists it.
public struct InterfaceAddress: Equatable, Sendable {
    /// The interface's number.
    public let index: UInt32
    /// Four or sixteen bytes.
    public let address: [UInt8]
    /// Length of the network part in bits.
    public let prefix: UInt8

    /// Reads an `RTM_NEWADDR` answer.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == 20, reply.payload.count >= 8 else { return nil }
        let attributes = reply.attributes(after: 8)
        guard let bytes = attributes.first(2) ?? attributes.first(1), bytes.count == 4 || bytes.count == 16 else {
            return nil
        }
        index = reply.payload.hostNumber(at: 4)
        prefix = reply.payload[1]
        address = Array(bytes)
    }
}
