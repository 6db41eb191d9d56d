/// What a jail that shares the host's network may call its own.
public struct SharedPolicy: Equatable, Sendable {
    /// Its IPv4 address; four bytes.
    public var address4: [UInt8]?
    /// Its IPv6 address; sixteen bytes.
    public var address6: [UInt8]?
    /// What 127.0.0.1 is for it: an address of 127.0.0.0/8 that no other jail has.
    public var loopback4: [UInt8]
    /// What ::1 is for it.
    public var loopback6: [UInt8]
    /// Whether it may send mail to everybody.
    public var mayMail: Bool
    /// Hosts that take its mail.
    public var relays: [[UInt8]]
    /// Addresses of the host itself, whose services are closed to it.
    public var closed: [[UInt8]]

    /// Makes a policy.
    public init(
        addresses: [[UInt8]],
        loopback: [[UInt8]],
        mayMail: Bool,
        relays: [[UInt8]],
        closed: [[UInt8]]
    ) {
        address4 = addresses.first { $0.count == 4 }
        address6 = addresses.first { $0.count == 16 }
        loopback4 = loopback.first { $0.count == 4 } ?? [127, 255, 255, 254]
        loopback6 = loopback.first { $0.count == 16 } ?? [0xFD] + [UInt8](repeating: 0xFF, count: 15)
        (self.mayMail, self.relays, self.closed) = (mayMail, relays, closed)
    }

    /// Loopback addresses for jails: 127.64.0.0/10, and as many of a prefix that no router carries (RFC 4193).
    public static let loopbackNetwork = NetworkDefinition(
        name: "loopback",
        kind: .shared,
        range4: AddressRange([127, 64, 0, 0], prefix: 10),
        range6: AddressRange([0xFD, 0x0B, 0xA1, 0x1E] + [UInt8](repeating: 0, count: 12), prefix: 106),
        translated: false
    )
}
