import LinuxKernel

/// One rule of a jail about what it sends or gets.
public struct TrafficFilter: Equatable, Sendable {
    /// Which way.
    public enum Direction: String, Sendable {
        /// What the jail begins.
        case egress
        /// What others begin.
        case ingress
    }

    /// What happens to it.
    public enum Verdict: String, Sendable {
        case allow
        case deny
    }

    /// Which way.
    public var direction: Direction
    /// What happens.
    public var verdict: Verdict
    /// Other ends: any of these networks; empty for everybody.
    public var peers: [Network]
    /// `IPPROTO_*`; nil for all.
    public var transport: UInt8?
    /// Destination ports; nil for all.
    public var ports: ClosedRange<UInt16>?

    /// An address with the length of its network part.
    public struct Network: Equatable, Sendable {
        /// Four or sixteen bytes.
        public var address: [UInt8]
        /// Bits that count.
        public var prefix: Int

        /// Makes a network.
        public init(address: [UInt8], prefix: Int) { (self.address, self.prefix) = (address, prefix) }
    }

    /// Makes a rule.
    public init(
        _ direction: Direction,
        _ verdict: Verdict,
        peers: [Network] = [],
        transport: UInt8? = nil,
        ports: ClosedRange<UInt16>? = nil
    ) {
        (self.direction, self.verdict, self.peers) = (direction, verdict, peers)
        (self.transport, self.ports) = (transport, ports)
    }

    /// The rules of nf_tables that it becomes, one for each peer.
    var expressions: [[Expression]] {
        let tail = protocolMatch + portMatch + [end]
        guard !peers.isEmpty else { return [tail] }
        return peers.map { peer in
            let version = AddressVersion(peer.address)
            let load = direction == .egress ? Match.destination(version) : Match.source(version)
            let mask = Self.mask(peer.prefix, bytes: peer.address.count)
            let network = zip(peer.address, mask).map { $0 & $1 }
            return load + [.mask(0, mask), .compare(0, network)] + tail
        }
    }

    /// An allowed packet goes back to the checks that follow; they still hold.
    private var end: Expression {
        .end(verdict == .allow ? .giveBack : .goTo("refuse_\(direction.rawValue)"))
    }

    private var protocolMatch: [Expression] { transport.map(Match.transport) ?? [] }

    private var portMatch: [Expression] {
        guard let ports else { return [] }
        return Match.ports(ports)
    }

    static func mask(_ prefix: Int, bytes: Int) -> [UInt8] {
        (0..<bytes).map { index in
            let bits = min(8, max(0, prefix - index * 8))
            return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
        }
    }
}

/// Traffic of one jail in one direction and class.
public struct TrafficCounter: Equatable, Sendable {
    /// The sets that count, without the version.
    public static let sets = ["out_local", "out_outside", "in_local", "in_outside"]

    /// Which of them.
    public var set: String
    /// IPv6.
    public var isVersion6: Bool
    /// Packets.
    public var packets: UInt64
    /// Bytes, IP headers included.
    public var bytes: UInt64

    /// Makes a counter.
    public init(set: String, isVersion6: Bool, packets: UInt64, bytes: UInt64) {
        (self.set, self.isVersion6, self.packets, self.bytes) = (set, isVersion6, packets, bytes)
    }
}
