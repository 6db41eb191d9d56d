/// Values as JSON text.
///
/// Only written, never read: what Bailey reads has another form.
package indirect enum JSON {
    case text(String)
    case number(Int64)
    case real(Double)
    case truth(Bool)
    case null
    case list([JSON])
    case fields([(String, JSON)])

    package static func object(_ fields: [(String, JSON)]) -> JSON { .fields(fields) }

    package static func optional(_ value: UInt64?) -> JSON { value.map { .number(Int64(clamping: $0)) } ?? .null }

    /// One line of text.
    ///
    /// RFC 8259.
    package var text: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .number(let number): "\(number)"
        case .real(let number): number.isFinite ? "\(number)" : "null"
        case .truth(let value): value ? "true" : "false"
        case .null: "null"
        case .list(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .fields(let fields):
            "{" + fields.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
