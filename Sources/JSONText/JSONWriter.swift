/// A JSON value to be written.
public indirect enum JSONValue: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case int(Int64)
    /// A whole number without a sign.
    case unsigned(UInt64)
    /// A number with a fraction, written with two digits after the point.
    case decimal(Double)
    /// A text.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object; members are written in this order.
    case object([(key: String, value: JSONValue)])

    /// An array of texts.
    public static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    /// Whether both are the same value, members in the same order.
    public static func == (left: JSONValue, right: JSONValue) -> Bool { left.text() == right.text() }

    /// The text of the value.
    ///
    /// `indent`: Blanks a level; nil writes everything on one line.
    public func text(indent: Int? = nil) -> String {
        var output: [UInt8] = []
        write(to: &output, indent, 0)
        return String(decoding: output, as: UTF8.self)
    }

    private func write(to output: inout [UInt8], _ indent: Int?, _ level: Int) {
        switch self {
        case .null: output += "null".utf8
        case .bool(let value): output += (value ? "true" : "false").utf8
        case .int(let value): output += "\(value)".utf8
        case .unsigned(let value): output += "\(value)".utf8
        case .decimal(let value): output += Self.decimalText(value).utf8
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            Self.enclose("[", "]", elements.count, to: &output, indent, level) { index, output in
                elements[index].write(to: &output, indent, level + 1)
            }
        case .object(let members):
            Self.enclose("{", "}", members.count, to: &output, indent, level) { index, output in
                Self.write(members[index].key, to: &output)
                output += (indent == nil ? ":" : ": ").utf8
                members[index].value.write(to: &output, indent, level + 1)
            }
        }
    }

    private static func enclose(
        _ open: String,
        _ close: String,
        _ count: Int,
        to output: inout [UInt8],
        _ indent: Int?,
        _ level: Int,
        _ element: (Int, inout [UInt8]) -> Void
    ) {
        output += open.utf8
        for index in 0..<count {
            if index > 0 { output += ",".utf8 }
            breakLine(&output, indent, level + 1)
            element(index, &output)
        }
        if count > 0 { breakLine(&output, indent, level) }
        output += close.utf8
    }

    private static func breakLine(_ output: inout [UInt8], _ indent: Int?, _ level: Int) {
        guard let indent else { return }
        output.append(0x0A)
        output += repeatElement(0x20, count: indent * level)
    }

    private static func decimalText(_ value: Double) -> String {
        let hundredths = Int64((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        output.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C: output += [0x5C, byte]
            case 0x0A: output += "\\n".utf8
            case 0x0D: output += "\\r".utf8
            case 0x09: output += "\\t".utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                output += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            default: output.append(byte)
            }
        }
        output.append(0x22)
    }
}
