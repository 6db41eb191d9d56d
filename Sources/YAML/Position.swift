/// A place in a text.
public struct Position: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars; a byte order mark before everything is not counted.
    public var column: Int

    /// As compilers write it: `line:column`.
    public var description: String { "\(line):\(column)" }

    /// Makes a place.
    public init(line: Int, column: Int) {
        (self.line, self.column) = (line, column)
    }

    /// The place of the byte at `offset`, with the ends of lines that libyaml counts.
    ///
    /// - Parameters:
    ///   - offset: From 0; one behind the last byte is the place where more could stand.
    ///   - bytes: The whole text, UTF-8, perhaps damaged.
    public init(ofByte offset: Int, in bytes: [UInt8]) {
        self.init(line: 1, column: 1)
        let mark = bytes.starts(with: ByteOrderMark.bytes) ? ByteOrderMark.bytes.count : 0
        for index in bytes.indices.dropFirst(mark) where index < offset {
            if Self.endsLine(bytes, at: index) {
                (line, column) = (line + 1, 1)
            } else if bytes[index] & 0xC0 != 0x80 {
                // Any but a continuation byte begins a character.
                column += 1
            }
        }
    }

    /// Whether the byte at `index` is the last of a line end: LF, CR, CR LF, NEL, LS or PS (YAML 1.1, section 5.4).
    private static func endsLine(_ bytes: [UInt8], at index: Int) -> Bool {
        switch bytes[index] {
        case 0x0A: true
        case 0x0D: index + 1 == bytes.count || bytes[index + 1] != 0x0A
        case 0x85: index >= 1 && bytes[index - 1] == 0xC2
        case 0xA8, 0xA9: index >= 2 && bytes[index - 1] == 0x80 && bytes[index - 2] == 0xE2
        default: false
        }
    }
}

/// U+FEFF at the beginning of a text, which means nothing in UTF-8.
enum ByteOrderMark {
    static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]
}
