import LinuxKernel

/// What several rules match, under names.
enum Match {
    /// Interface groups that mark Bailey's own interfaces: the upper half is the same for all.
    static let groupMask: [UInt8] = UInt32(0xFFFF_0000).hostBytes
    static let groupPrefix: [UInt8] = UInt32(0xBA11_0000).hostBytes

    static func version(_ version: AddressVersion) -> [Expression] {
        [.load(.networkProtocol, into: 0), .compare(0, [version.number])]
    }

    /// The source address, loaded.
    static func source(_ version: AddressVersion, _ register: UInt32 = 0) -> [Expression] {
        Self.version(version) + [.payload(.network, version.sourceOffset, version.length, into: register)]
    }

    /// The destination address, loaded.
    static func destination(_ version: AddressVersion, _ register: UInt32 = 0) -> [Expression] {
        Self.version(version) + [.payload(.network, version.destinationOffset, version.length, into: register)]
    }

    /// The destination address, loaded behind a source address that is in the first registers.
    static func destinationBehindSource(_ version: AddressVersion) -> [Expression] {
        [.payload(.network, version.destinationOffset, version.length, into: version.registers)]
    }

    /// The packet comes from a jail's link, or from elsewhere.
    static func fromJail(_ wanted: Bool = true) -> [Expression] {
        [.load(.inputGroup, into: 0), .mask(0, groupMask), .compare(0, groupPrefix, differs: !wanted)]
    }

    /// The packet goes to a jail's link, or elsewhere.
    static func toJail(_ wanted: Bool = true) -> [Expression] {
        [.load(.outputGroup, into: 0), .mask(0, groupMask), .compare(0, groupPrefix, differs: !wanted)]
    }

    static func from(group: UInt32) -> [Expression] {
        [.load(.inputGroup, into: 0), .compare(0, group.hostBytes)]
    }

    static func transport(_ number: UInt8) -> [Expression] {
        [.load(.transportProtocol, into: 0), .compare(0, [number])]
    }

    /// TCP or UDP to a port.
    static func port(_ number: UInt16) -> [Expression] {
        [.payload(.transport, 2, 2, into: 0), .compare(0, number.networkBytes)]
    }

    /// The destination port of TCP, UDP or SCTP is in a range.
    static func ports(_ range: ClosedRange<UInt16>) -> [Expression] {
        let load = Expression.payload(.transport, 2, 2, into: 0)
        if range.count == 1 { return [load, .compare(0, range.lowerBound.networkBytes)] }
        return [load, .range(0, range.lowerBound.networkBytes, range.upperBound.networkBytes)]
    }

    /// The type of an ICMP message.
    static func control(_ version: AddressVersion, type: UInt8) -> [Expression] {
        Self.version(version) + transport(version == .v4 ? 1 : 58)
            + [.payload(.transport, 0, 1, into: 0), .compare(0, [type])]
    }

    /// The connection is in one of these states: 1 invalid, 2 established, 4 related.
    static func state(_ bits: UInt32) -> [Expression] {
        [.connection(key: 0, into: 0), .mask(0, bits.hostBytes), .compare(0, [0, 0, 0, 0], differs: true)]
    }

    /// What marks packets of jails that go to a published port.
    static let publishedMark: [UInt8] = UInt32(0xBA11_0005).hostBytes

    /// The connection came through a published port: `IPS_DST_NAT`.
    static let published: [Expression] = [
        .connection(key: 2, into: 0), .mask(0, UInt32(0x20).hostBytes), .compare(0, [0, 0, 0, 0], differs: true),
    ]
}

/// Interface groups of Bailey's interfaces (`ip link` shows them): rules recognize an interface by its group, so that no
/// rule changes when jails come and go.
public enum InterfaceGroup {
    /// Bridges of networks.
    public static let bridge: UInt32 = 0xBA11_0001
    /// Host ends of links without a bridge.
    public static let routed: UInt32 = 0xBA11_0002
    /// Host ends of links that are ports of a bridge.
    public static let port: UInt32 = 0xBA11_0003
    /// Queues that shape what jails send.
    public static let queue: UInt32 = 0xBA11_0004

    /// Whether the interface is Bailey's.
    public static func isOwn(_ group: UInt32) -> Bool { group >> 16 == 0xBA11 }
}
