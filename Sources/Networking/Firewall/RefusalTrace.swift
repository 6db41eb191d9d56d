import LinuxKernel

/// Refused packets one by one, as the rules show them: `NFLOG`, linux/netfilter/nfnetlink_log.h.
///
/// Rules show every refused packet to a group of NETLINK_NETFILTER. While nobody listens the kernel finds nobody and goes
/// on, so tracing is not turned on or off: it is listened to.
public struct RefusalTrace: ~Copyable {
    /// The group; the lower half of what marks Bailey's interfaces.
    static let group: UInt16 = 0xBA11
    static let prefix = "bailey "
    /// Bytes of the packet that are shown: both headers.
    static let length: UInt32 = 96

    private let socket: NetlinkSocket

    /// Listens, in the caller's network namespace.
    ///
    /// - Throws: `EPERM` or `EBUSY` when somebody listens already: the kernel shows each packet to one.
    public init() throws(SyscallError) { socket = try Self.listening() }

    private static func listening() throws(SyscallError) -> NetlinkSocket {
        let socket = try NetlinkSocket(.netfilter)
        try socket.perform([configuration { $0.add(1, byte: 1) }])  // NFULNL_CFG_CMD_BIND
        // NFULNL_COPY_PACKET of so many bytes; and each at once, none waits for others.
        try socket.perform([configuration { $0.add(2, length.networkBytes + [2, 0]) }])
        try socket.perform([configuration { $0.add(5, network: 1) }])
        return socket
    }

    /// Waits for refused packets, at most so long.
    ///
    /// - Throws: `ENOBUFS` when there were more than could be shown; the next call goes on.
    public borrowing func next(milliseconds: Int32) throws(SyscallError) -> [RefusedPacket] {
        try socket.receive(milliseconds: milliseconds).compactMap(RefusedPacket.init)
    }

    /// struct nfgenmsg with the group as resource.
    private static func configuration(_ body: (inout NetlinkMessage) -> Void) -> NetlinkMessage {
        var message = NetlinkMessage(
            4 << 8 | 1,
            .acknowledge,
            header: [0, 0] + group.networkBytes,
            subject: "listening to refused packets"
        )
        body(&message)
        return message
    }
}

/// One packet that Bailey's rules refused.
public struct RefusedPacket: Equatable, Sendable {
    /// Why: the name under which it is counted.
    public let kind: String
    /// The interface it came in by; 0 for this host itself.
    public let interface: UInt32
    /// Where it says it comes from; empty in frames that are not of the Internet Protocol.
    public private(set) var source: [UInt8] = []
    /// Where it goes.
    public private(set) var destination: [UInt8] = []
    /// `IPPROTO_*`.
    public private(set) var transport: UInt8?
    /// Its ports, where it has such.
    public private(set) var ports: (source: UInt16, destination: UInt16)?

    /// Reads a message; nil for one that is not about a packet of ours.
    ///
    /// The packet is a tenant's: every length is looked at.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == 4 << 8 else { return nil }
        let attributes = reply.attributes(after: 4)
        guard let text = attributes.text(10), text.hasPrefix(RefusalTrace.prefix) else { return nil }
        kind = String(text.dropFirst(RefusalTrace.prefix.count))
        // Of a frame on a bridge: its port, else the bridge.
        interface = (attributes.network(6) ?? attributes.network(4)).map { UInt32(truncatingIfNeeded: $0) } ?? 0
        let etherType = attributes.first(1).map { Array($0.prefix(2)) } ?? []
        let packet = attributes.first(9).map(Array.init) ?? []
        if etherType == [0x08, 0x00] { read4(packet) }
        if etherType == [0x86, 0xDD] { read6(packet) }
    }

    /// RFC 791, 3.1.
    private mutating func read4(_ packet: [UInt8]) {
        guard packet.count >= 20, packet[0] >> 4 == 4 else { return }
        (source, destination, transport) = (Array(packet[12..<16]), Array(packet[16..<20]), packet[9])
        // A later fragment has no ports.
        guard packet[6] & 0x1F == 0, packet[7] == 0 else { return }
        readPorts(packet, at: Int(packet[0] & 0x0F) * 4)
    }

    /// RFC 8200, 3; headers between are left alone.
    private mutating func read6(_ packet: [UInt8]) {
        guard packet.count >= 40, packet[0] >> 4 == 6 else { return }
        (source, destination, transport) = (Array(packet[8..<24]), Array(packet[24..<40]), packet[6])
        readPorts(packet, at: 40)
    }

    private mutating func readPorts(_ packet: [UInt8], at start: Int) {
        guard let transport, [6, 17, 132].contains(transport), start >= 20, packet.count >= start + 4 else { return }
        func number(_ place: Int) -> UInt16 { UInt16(packet[place]) << 8 | UInt16(packet[place + 1]) }
        ports = (number(start), number(start + 2))
    }

    /// Compares all parts.
    public static func == (left: RefusedPacket, right: RefusedPacket) -> Bool {
        left.kind == right.kind && left.interface == right.interface && left.source == right.source
            && left.destination == right.destination && left.transport == right.transport
            && left.ports?.source == right.ports?.source && left.ports?.destination == right.ports?.destination
    }
}
