/// Requests about network interfaces; rtnetlink(7), `RTM_*LINK`.
public enum LinkMessages {
    private static let creation: UInt16 = 16
    private static let removal: UInt16 = 17
    private static let query: UInt16 = 18
    private static let change: UInt16 = 19
    static let up: UInt32 = 1

    // IFLA_*
    private static let address: UInt16 = 1
    private static let nameOf: UInt16 = 3
    private static let mtu: UInt16 = 4
    private static let parent: UInt16 = 5
    private static let master: UInt16 = 10
    private static let protocolInfo: UInt16 = 12
    private static let linkInfo: UInt16 = 18
    private static let namespaceOfProcess: UInt16 = 19
    private static let alias: UInt16 = 20
    private static let group: UInt16 = 27
    private static let transmitQueues: UInt16 = 31
    private static let receiveQueues: UInt16 = 32

    /// A bridge that forwards at once, without spanning tree and without listening in on multicast groups.
    ///
    /// `bridge`: Its name, at most 15 bytes.
    /// `hardwareAddress`: Six bytes; a fixed one, so that it does not change with its ports.
    /// `groupNumber`: The interface group, by which rules recognize it.
    public static func newBridge(
        _ bridge: String,
        hardwareAddress: [UInt8],
        groupNumber: UInt32,
        mtu size: UInt32?
    ) -> NetlinkMessage {
        var message = request(creation, [.create, .exclusive, .acknowledge], flags: up, "RTM_NEWLINK \(bridge)")
        message.add(nameOf, text: bridge)
        message.add(address, hardwareAddress)
        message.add(group, host: groupNumber)
        if let size { message.add(mtu, host: size) }
        message.nest(linkInfo) { info in
            info.add(1, text: "bridge")
            info.nest(2) { data in
                data.add(1, host: 0)  // IFLA_BR_FORWARD_DELAY
                data.add(5, host: 0)  // IFLA_BR_STP_STATE
                data.add(23, byte: 0)  // IFLA_BR_MCAST_SNOOPING
            }
        }
        return message
    }

    /// A pair of virtual Ethernet ends: one here and up, the other in the network namespace of a process.
    ///
    /// `here`: The name of this end.
    /// `bridge`: The number of the bridge that this end becomes a port of; nil for none.
    /// `there`: The name of the other end.
    /// `hardwareAddress`: The other end's.
    /// `process`: A process in the namespace of the other end, as the caller sees it.
    public static func newPair(
        _ here: String,
        groupNumber: UInt32,
        bridge: UInt32?,
        mtu size: UInt32?,
        there: String,
        hardwareAddress: [UInt8],
        process: ProcessID
    ) -> NetlinkMessage {
        var message = request(creation, [.create, .exclusive, .acknowledge], flags: up, "RTM_NEWLINK \(here)")
        message.add(nameOf, text: here)
        message.add(group, host: groupNumber)
        if let bridge { message.add(master, host: bridge) }
        if let size { message.add(mtu, host: size) }
        queues(&message)
        message.nest(linkInfo) { info in
            info.add(1, text: "veth")
            info.nest(2) { data in
                data.nest(1) { peer in  // VETH_INFO_PEER
                    peer.append(raw: header(flags: 0, change: 0))
                    peer.add(nameOf, text: there)
                    peer.add(address, hardwareAddress)
                    if let size { peer.add(mtu, host: size) }
                    queues(&peer)
                    peer.add(namespaceOfProcess, host: UInt32(bitPattern: process))
                }
            }
        }
        return message
    }

    /// One queue each way: a jail's link has no more use for others than memory.
    private static func queues(_ message: inout NetlinkMessage) {
        message.add(transmitQueues, host: 1)
        message.add(receiveQueues, host: 1)
    }

    /// A second Ethernet address on an interface of the host, in the network namespace of a process.
    ///
    /// `mode`: `MACVLAN_MODE_*`; private (1) keeps jails apart from each other, bridge (4) does not.
    public static func newMacvlan(
        parent index: UInt32,
        mode: UInt32,
        there: String,
        hardwareAddress: [UInt8],
        mtu size: UInt32?,
        process: ProcessID
    ) -> NetlinkMessage {
        var message = request(creation, [.create, .exclusive, .acknowledge], "RTM_NEWLINK \(there)")
        message.add(nameOf, text: there)
        message.add(address, hardwareAddress)
        message.add(parent, host: index)
        if let size { message.add(mtu, host: size) }
        message.add(namespaceOfProcess, host: UInt32(bitPattern: process))
        message.nest(linkInfo) { info in
            info.add(1, text: "macvlan")
            info.nest(2) { $0.add(1, host: mode) }
        }
        return message
    }

    /// An interface that hands back what is redirected to it, after its queue: how arriving traffic is shaped.
    public static func newIntermediate(_ here: String, groupNumber: UInt32) -> NetlinkMessage {
        var message = request(creation, [.create, .exclusive, .acknowledge], flags: up, "RTM_NEWLINK \(here)")
        message.add(nameOf, text: here)
        message.add(group, host: groupNumber)
        queues(&message)
        message.nest(linkInfo) { $0.add(1, text: "ifb") }
        return message
    }

    /// Makes a bridge port talk to the bridge alone, and only with addresses that were given to it.
    ///
    /// `isolated`: no frame goes to another isolated port. `locked` (Linux 5.18) without learning: frames from another
    /// hardware address than those in the forwarding table are dropped. Nothing is flooded to it but broadcasts.
    ///
    /// `filtered`: The host shows bridged packets to its firewall (br_netfilter): then the kernel turns those for published
    /// ports round inside the bridge, from port to port or back to the same, so the port is not isolated; rules of the
    /// bridge table let nothing else through.
    public static func confinePort(_ index: UInt32, filtered: Bool) -> NetlinkMessage {
        var message = NetlinkMessage(
            change,
            .acknowledge,
            header: header(family: 7, index: index, flags: 0, change: 0),
            subject: "RTM_SETLINK port \(index)"
        )
        message.nest(protocolInfo, marked: true) { port in
            port.add(8, byte: 0)  // IFLA_BRPORT_LEARNING
            port.add(9, byte: 0)  // IFLA_BRPORT_UNICAST_FLOOD
            port.add(4, byte: filtered ? 1 : 0)  // IFLA_BRPORT_MODE: hairpin
            port.add(33, byte: filtered ? 0 : 1)  // IFLA_BRPORT_ISOLATED
            port.add(39, byte: 1)  // IFLA_BRPORT_LOCKED
        }
        return message
    }

    /// Writes down about an interface whose it is; `ip link` shows it.
    public static func setAlias(_ index: UInt32, _ text: String) -> NetlinkMessage {
        var message = NetlinkMessage(
            creation,
            .acknowledge,
            header: header(index: index, flags: 0, change: 0),
            subject: "RTM_NEWLINK alias of \(index)"
        )
        message.add(alias, Array(text.utf8))
        return message
    }

    /// Brings an interface up.
    public static func bringUp(_ index: UInt32) -> NetlinkMessage {
        NetlinkMessage(
            creation,
            .acknowledge,
            header: header(index: index, flags: up, change: up),
            subject: "RTM_NEWLINK up \(index)"
        )
    }

    /// Removes an interface; of a pair both ends go.
    public static func delete(_ link: String) -> NetlinkMessage {
        var message = request(removal, .acknowledge, "RTM_DELLINK \(link)")
        message.add(nameOf, text: link)
        return message
    }

    /// Asks for all interfaces.
    public static func list() -> NetlinkMessage { request(query, .dump, "RTM_GETLINK") }

    /// Asks for one interface.
    public static func get(_ link: String) -> NetlinkMessage {
        var message = request(query, .acknowledge, "RTM_GETLINK \(link)")
        message.add(nameOf, text: link)
        return message
    }

    private static func request(
        _ type: UInt16,
        _ flags: NetlinkFlags,
        flags interface: UInt32 = 0,
        _ subject: String
    ) -> NetlinkMessage {
        NetlinkMessage(type, flags, header: header(flags: interface, change: interface), subject: subject)
    }

    /// struct ifinfomsg: family u8, padding u8, type u16, index i32, flags u32, change u32.
    private static func header(family: UInt8 = 0, index: UInt32 = 0, flags: UInt32, change: UInt32) -> [UInt8] {
        [family, 0, 0, 0] + index.hostBytes + flags.hostBytes + change.hostBytes
    }
}

/// An interface as the kernel lists it.
public struct NetworkInterface: Equatable, Sendable {
    /// Its number.
    public let index: UInt32
    /// Its name.
    public let name: String
    /// The interface group.
    public let group: UInt32
    /// The number of the bridge it is a port of; 0 for none.
    public let master: UInt32
    /// What was written down about it.
    public let alias: String
    /// Whether it is up.
    public let isUp: Bool

    /// Reads an `RTM_NEWLINK` answer.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == 16, reply.payload.count >= 16 else { return nil }
        let attributes = reply.attributes(after: 16)
        guard let name = attributes.text(3) else { return nil }
        index = reply.payload.hostNumber(at: 4)
        isUp = reply.payload.hostNumber(at: 8) & LinkMessages.up != 0
        self.name = name
        group = attributes.host(27) ?? 0
        master = attributes.host(10) ?? 0
        alias = attributes.text(20) ?? ""
    }
}
