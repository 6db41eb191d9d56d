/// Ethernet addresses of jails.
public enum HardwareAddress {
    /// The address that belongs to an IPv4 or IPv6 address: locally administered, and the same at each start.
    ///
    /// Addresses are given once, so these are unique in their network as well.
    public static func of(_ address: [UInt8]) -> [UInt8] { [0x02, 0xBA] + address.suffix(4) }

    /// The link-local IPv6 address that the kernel makes from it; RFC 4291, appendix A.
    public static func linkLocal(_ hardware: [UInt8]) -> [UInt8] {
        [0xFE, 0x80, 0, 0, 0, 0, 0, 0, hardware[0] ^ 2, hardware[1], hardware[2], 0xFF, 0xFE] + hardware[3...]
    }
}
