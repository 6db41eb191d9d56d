/// What pax and GNU headers say about the entry that follows them.
struct TarExtensions {
    private(set) var name: [UInt8]?
    private(set) var linkTarget: [UInt8]?
    private(set) var size: Int64?
    private(set) var uid: Int64?
    private(set) var gid: Int64?
    private(set) var modified: Int64?
    private(set) var isSparse = false
    private(set) var attributes: [ExtendedAttribute] = []

    /// Takes the content of a header of `type`; `false` if it makes no sense.
    ///
    /// Global pax headers (`g`) hold for all entries by POSIX; what archivers put there are comments, so nothing is
    /// taken from them.
    mutating func add(_ type: UInt8, _ content: [UInt8]) -> Bool {
        switch type {
        case UInt8(ascii: "L"): name = Array(content.prefix { $0 != 0 })
        case UInt8(ascii: "K"): linkTarget = Array(content.prefix { $0 != 0 })
        case UInt8(ascii: "x"): return addRecords(content[...])
        default: break
        }
        return true
    }

    // Records are `LENGTH key=value\n`, LENGTH counting the whole record in decimal.
    private mutating func addRecords(_ content: ArraySlice<UInt8>) -> Bool {
        var rest = content
        while !rest.isEmpty {
            let digits = rest.prefix { (48...57).contains($0) }
            guard digits.count <= 7, let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
                length > digits.count + 2
            else { return false }
            let record = rest.prefix(length)
            let pair = record.dropFirst(digits.count + 1).dropLast()
            guard record[record.startIndex + digits.count] == 32, record.last == 10, let sign = pair.firstIndex(of: 61)
            else {
                return false
            }
            let key = String(decoding: pair[..<sign], as: UTF8.self)
            guard set(key, Array(pair[(sign + 1)...])) else { return false }
            rest = rest.dropFirst(length)
        }
        return true
    }

    private mutating func set(_ key: String, _ value: [UInt8]) -> Bool {
        let text = String(decoding: value, as: UTF8.self)
        switch key {
        case "path": name = value
        case "linkpath": linkTarget = value
        case "size": size = Self.number(text)
        case "uid": uid = Self.number(text)
        case "gid": gid = Self.number(text)
        case "mtime": modified = Int64(text.prefix { $0 != "." }) ?? 0
        default: setOther(key, value)
        }
        return !((key == "size" && size == nil) || (key == "uid" && uid == nil) || (key == "gid" && gid == nil))
    }

    private mutating func setOther(_ key: String, _ value: [UInt8]) {
        if key.hasPrefix("GNU.sparse.") { isSparse = true }
        let prefix = "SCHILY.xattr."
        guard key.hasPrefix(prefix) else { return }
        let name = String(key.dropFirst(prefix.count))
        if ExtendedAttribute.travels(name) { attributes.append(ExtendedAttribute(name: name, value: value)) }
    }

    private static func number(_ text: String) -> Int64? {
        guard let value = Int64(text), value >= 0, value < 1 << 58 else { return nil }
        return value
    }
}
