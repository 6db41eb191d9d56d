/// What a network is: declared in `/etc/bailey/networks/NAME.yaml`, or built in.
public struct NetworkDefinition: Equatable, Sendable {
    /// How its jails are connected.
    public enum Kind: String, Sendable, CaseIterable {
        case bridge
        case routed
        case macvlan
        case shared
    }

    /// A service of the host that its jails may use.
    public struct Service: Equatable, Sendable {
        /// `IPPROTO_*`.
        public var transport: UInt8
        /// Its port.
        public var port: UInt16

        /// Makes a service.
        public init(transport: UInt8, port: UInt16) { (self.transport, self.port) = (transport, port) }
    }

    /// Its name.
    public var name: String
    /// How its jails are connected.
    public var kind: Kind
    /// IPv4 addresses for its jails.
    public var range4: AddressRange?
    /// IPv6 addresses for its jails.
    public var range6: AddressRange?
    /// Whether jails leave under the host's address.
    public var translated: Bool
    /// Bytes in a packet; nil for the kernel's default.
    public var mtu: UInt32?
    /// The interface of the host that a macvlan stands on, or that takes the addresses of `shared`.
    public var parent: String?
    /// Next hops of a macvlan; empty for none.
    public var gateways: [[UInt8]] = []
    /// Services of the host that its jails may use.
    public var services: [Service] = []

    /// Makes a definition.
    public init(
        name: String,
        kind: Kind,
        range4: AddressRange?,
        range6: AddressRange?,
        translated: Bool,
        mtu: UInt32? = nil,
        parent: String? = nil
    ) {
        (self.name, self.kind, self.range4, self.range6) = (name, kind, range4, range6)
        (self.translated, self.mtu, self.parent) = (translated, mtu, parent)
    }

    /// Names of the networks that need no file.
    public static let builtInNames = ["default", "routed", "shared"]

    /// A network that needs no file.
    ///
    /// `seed`: Something of this host alone, such as its machine id: it makes the IPv6 prefix (RFC 4193, `fd`),
    ///   which so stays the same and differs from that of other hosts.
    public static func builtIn(_ name: String, seed: [UInt8]) -> NetworkDefinition? {
        let (kind, third): (Kind, UInt8)
        switch name {
        case "default": (kind, third) = (.bridge, 107)
        case "routed": (kind, third) = (.routed, 108)
        case "shared": (kind, third) = (.shared, 109)
        default: return nil
        }
        // FNV-1a over the seed gives the forty random bits.
        let hash = seed.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        let random = (0..<5).map { UInt8(truncatingIfNeeded: hash >> UInt64($0 * 8)) }
        return NetworkDefinition(
            name: name,
            kind: kind,
            range4: AddressRange([10, third, 0, 0], prefix: 16),
            range6: AddressRange([0xFD] + random + [0, third] + [UInt8](repeating: 0, count: 8), prefix: 64),
            translated: true,
            parent: kind == .shared ? "lo" : nil
        )
    }

    /// The addresses of one bridge, whose ports are limited to 1,024 (`BR_MAX_PORTS`): blocks of as many addresses.
    public static let block: UInt32 = 1024

    /// Whether no jail gets the address at a place: the first and last of a block, and the bridge's own.
    public func isReserved(_ offset: UInt32) -> Bool {
        switch kind {
        case .bridge:
            let size = min(Self.block, range4?.count ?? Self.block)
            return offset % size < 2 || offset % size == size - 1
        case .routed, .shared: return offset == 0 || offset == (range4 ?? range6)?.count.advanced(by: -1)
        case .macvlan:
            let count = (range4 ?? range6)?.count ?? 0
            return offset == 0 || offset == count - 1
                || gateways.contains { $0 == range4?.address(at: offset) || $0 == range6?.address(at: offset) }
        }
    }

    /// The bridge for the address at a place.
    public func bridgeName(for offset: UInt32) -> String {
        let number = offset / Self.block
        if name == "default" { return "bailey\(number)" }
        return number == 0 ? "b-\(name)" : "b-\(name)-\(number)"
    }
}
