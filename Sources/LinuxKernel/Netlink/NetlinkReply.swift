/// One message from the kernel, taken apart with every length checked.
public struct NetlinkReply: Sendable {
    /// Its type.
    public let type: UInt16
    /// The sequence number of the request that it answers.
    public let sequence: UInt32
    /// Everything after the netlink header.
    public let payload: [UInt8]

    /// `NLMSG_ERROR`: the error number of the answer, positive; 0 for an acknowledgement; nil for another message.
    public var error: Int32? {
        guard type == 2, payload.count >= 4 else { return nil }
        return -Int32(bitPattern: payload.hostNumber(at: 0))
    }

    /// `NLMSG_DONE`.
    public var isLast: Bool { type == 3 }

    /// The kernel's sentence about an error, where it has one (`NLMSGERR_ATTR_MSG`).
    var explanation: String? {
        // The request's header follows the number, alone, since NETLINK_CAP_ACK is set.
        guard type == 2, payload.count > 20 else { return nil }
        return NetlinkAttributes(payload[20...]).first(1).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The attributes after a family header of `headerSize` bytes.
    public func attributes(after headerSize: Int) -> NetlinkAttributes {
        NetlinkAttributes(payload.dropFirst(headerSize))
    }

    /// Takes a datagram apart into its messages; what is cut short ends the list.
    public static func messages(in bytes: [UInt8]) -> [NetlinkReply] {
        var result: [NetlinkReply] = []
        var start = 0
        while start + 16 <= bytes.count {
            let length = Int(bytes.hostNumber(at: start))
            guard length >= 16, start + length <= bytes.count else { break }
            let type = UInt16(bytes[start + 4]) | UInt16(bytes[start + 5]) << 8
            result.append(
                NetlinkReply(
                    type: type,
                    sequence: bytes.hostNumber(at: start + 8),
                    payload: Array(bytes[(start + 16)..<(start + length)])
                )
            )
            start += (length + 3) & ~3
        }
        return result
    }
}

/// Attributes in the order they came.
public struct NetlinkAttributes: Sequence, Sendable {
    private let bytes: ArraySlice<UInt8>

    /// Attributes in these bytes.
    public init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The payload of the first attribute of `type`.
    public func first(_ type: UInt16) -> ArraySlice<UInt8>? { first { $0.type == type }?.payload }

    /// A text, up to its closing zero.
    public func text(_ type: UInt16) -> String? {
        first(type).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// A number in the host's order.
    public func host(_ type: UInt16) -> UInt32? {
        first(type).flatMap { $0.count >= 4 ? Array($0).hostNumber(at: 0) : nil }
    }

    /// A number in network order, of up to eight bytes.
    public func network(_ type: UInt16) -> UInt64? {
        first(type).flatMap { $0.count <= 8 ? $0.reduce(0) { $0 << 8 | UInt64($1) } : nil }
    }

    /// Attributes inside the first attribute of `type`.
    public func nested(_ type: UInt16) -> NetlinkAttributes? { first(type).map(NetlinkAttributes.init) }

    /// One attribute: type without its flags, and payload.
    public typealias Element = (type: UInt16, payload: ArraySlice<UInt8>)

    /// Walks the attributes; one whose length does not fit ends the walk.
    public func makeIterator() -> AnyIterator<Element> {
        var rest = bytes
        return AnyIterator {
            guard rest.count >= 4 else { return nil }
            let start = rest.startIndex
            let length = Int(rest[start]) | Int(rest[start + 1]) << 8
            let type = (UInt16(rest[start + 2]) | UInt16(rest[start + 3]) << 8) & 0x3FFF
            guard length >= 4, length <= rest.count else { return nil }
            let payload = rest[(start + 4)..<(start + length)]
            rest = rest.dropFirst((length + 3) & ~3)
            return (type, payload)
        }
    }
}

extension [UInt8] {
    /// Four bytes in the host's order.
    ///
    /// - Precondition: They are there.
    func hostNumber(at index: Int) -> UInt32 {
        UInt32(self[index]) | UInt32(self[index + 1]) << 8 | UInt32(self[index + 2]) << 16
            | UInt32(self[index + 3]) << 24
    }
}
