/// What one entry of a tar archive says about itself.
struct TarEntry: Equatable {
    enum Kind: Equatable {
        case file
        case hardLink(target: String)
        case symlink(target: String)
        case directory
        case fifo
        case device
    }

    /// Counted from 1 over the entries of the archive, for messages.
    var number: Int
    var name: String
    var kind: Kind
    var mode: UInt32
    var uid: Int64
    var gid: Int64
    /// Bytes of content that follow; 0 for all but files.
    var size: Int64
    /// Seconds since 1970.
    var modified: Int64
    var attributes: [ExtendedAttribute]
}

/// The 512-byte header of the ustar and GNU formats; tar(5), POSIX.1-2017 pax.
struct TarHeader {
    let bytes: [UInt8]

    static let size = 512

    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

    /// The sum of all bytes, those of the checksum field counted as blanks.
    var hasRightChecksum: Bool {
        let sum = bytes.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
        return number(148, 8) == Int64(sum)
    }

    var type: UInt8 { bytes[156] }
    var name: [UInt8] {
        let own = text(0, 100)
        let prefix = isPOSIX ? text(345, 155) : []
        return prefix.isEmpty ? own : prefix + [47] + own
    }
    var linkTarget: [UInt8] { text(157, 100) }
    var mode: Int64? { number(100, 8) }
    var uid: Int64? { number(108, 8) }
    var gid: Int64? { number(116, 8) }
    var contentSize: Int64? { number(124, 12) }
    var modified: Int64? { number(136, 12) }

    // GNU's magic is "ustar  \0"; there the prefix field holds other things.
    private var isPOSIX: Bool { Array(bytes[257..<263]) == Array("ustar\0".utf8) }

    private func text(_ start: Int, _ length: Int) -> [UInt8] {
        Array(bytes[start..<(start + length)].prefix { $0 != 0 })
    }

    /// Octal digits between blanks, or, with the top bit set, a big-endian number.
    private func number(_ start: Int, _ length: Int) -> Int64? {
        let field = bytes[start..<(start + length)]
        if bytes[start] & 0x80 != 0 { return Self.binary(field) }
        var value: Int64 = 0
        for byte in field.drop(while: { $0 == 32 }) {
            if byte == 0 || byte == 32 { break }
            guard (48...55).contains(byte), value < 1 << 58 else { return nil }
            value = value << 3 | Int64(byte - 48)
        }
        return value
    }

    private static func binary(_ field: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for (index, byte) in field.enumerated() {
            guard value < 1 << 54 else { return nil }
            value = value << 8 | Int64(index == 0 ? byte & 0x3f : byte)
        }
        // A negative number has the second bit set; nothing here may be negative.
        return (field.first ?? 0) & 0x40 == 0 ? value : nil
    }
}
