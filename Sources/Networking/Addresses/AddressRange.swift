/// A network of addresses, counted from its first one.
public struct AddressRange: Equatable, Sendable {
    /// The first address; the bits behind `prefix` are zero.
    public let base: [UInt8]
    /// Length of the network part in bits.
    public let prefix: Int

    /// The range with these first bits.
    ///
    /// - Returns: nil when the prefix is longer than the address.
    public init?(_ address: [UInt8], prefix: Int) {
        guard address.count == 4 || address.count == 16, (0...address.count * 8).contains(prefix) else { return nil }
        base = zip(address, TrafficFilter.mask(prefix, bytes: address.count)).map { $0 & $1 }
        self.prefix = prefix
    }

    /// How many addresses there are, as far as Bailey counts: at most 2^24.
    public var count: UInt32 { UInt32(1) << UInt32(min(24, base.count * 8 - prefix)) }

    /// The address at a place.
    ///
    /// - Precondition: `offset` is less than ``count``.
    public func address(at offset: UInt32) -> [UInt8] {
        var bytes = base
        var carry = UInt64(offset)
        for index in bytes.indices.reversed() where carry > 0 {
            carry += UInt64(bytes[index])
            bytes[index] = UInt8(truncatingIfNeeded: carry)
            carry >>= 8
        }
        return bytes
    }

    /// The place of an address; nil when it is not in the range, or behind what is counted.
    public func offset(of address: [UInt8]) -> UInt32? {
        guard contains(address) else { return nil }
        var offset: UInt64 = 0
        for (byte, first) in zip(address, base) {
            guard offset < 1 << 24 else { return nil }
            offset = offset << 8 | UInt64(byte ^ first)
        }
        return offset < UInt64(count) ? UInt32(offset) : nil
    }

    /// Whether an address lies in it.
    public func contains(_ address: [UInt8]) -> Bool {
        guard address.count == base.count else { return false }
        return zip(address, TrafficFilter.mask(prefix, bytes: base.count)).map { $0 & $1 } == base
    }

    /// Whether both have an address in common.
    public func overlaps(_ other: AddressRange) -> Bool {
        base.count == other.base.count && (prefix <= other.prefix ? contains(other.base) : other.contains(base))
    }
}
