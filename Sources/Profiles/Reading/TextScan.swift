/// Searches in text that need no parser.
enum TextScan {
    /// Where the first replacement character stands: what decoders put where bytes were not UTF-8.
    static func undecodable(in text: String) -> Position? {
        // U+FFFD is EF BF BD; the bytes are compared because most files are ASCII and this runs on each start.
        guard text.utf8.contains(0xEF) else { return nil }
        return position(in: text) { $0.value == 0xFFFD }
    }

    /// Where the first character stands that YAML 1.1 does not allow (section 5.1).
    static func forbidden(in text: String) -> Position? {
        position(in: text) { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...: false
            default: true
            }
        }
    }

    private static func position(in text: String, where matches: (Unicode.Scalar) -> Bool) -> Position? {
        var place = Position(line: 1, column: 1)
        for scalar in text.unicodeScalars {
            if matches(scalar) { return place }
            advance(&place, over: scalar)
        }
        return nil
    }

    /// The position of the byte at `offset`.
    static func position(ofByte offset: Int, in bytes: [UInt8]) -> Position {
        let before = bytes[..<offset]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = bytes[start..<offset].count { $0 & 0xC0 != 0x80 } + 1
        return Position(line: line, column: column)
    }

    /// The index of the character at `position`.
    static func index(of position: Position, in text: String) -> String.Index? {
        var place = Position(line: 1, column: 1)
        var index = text.unicodeScalars.startIndex
        while index < text.unicodeScalars.endIndex {
            if place == position { return index }
            if place.line > position.line { return nil }
            let scalar = text.unicodeScalars[index]
            index = text.unicodeScalars.index(after: index)
            let isReturn = scalar == "\r"
            if isReturn, index < text.unicodeScalars.endIndex, text.unicodeScalars[index] == "\n" { continue }
            advance(&place, over: scalar)
        }
        return nil
    }

    /// The YAML library counts these as ends of lines.
    private static func advance(_ place: inout Position, over scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: place = Position(line: place.line + 1, column: 1)
        case 0xFEFF where place == Position(line: 1, column: 1): break
        default: place.column += 1
        }
    }
}
