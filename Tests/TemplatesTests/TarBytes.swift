/// Makes tar archives byte by byte, also such as no archiver would make.
struct TarBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: String,
        type: Character = "0",
        content: [UInt8] = [],
        link: String = "",
        mode: Int = 0o644,
        uid: Int = 0,
        size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at start: Int) {
            for (offset, byte) in text.utf8.prefix(100).enumerated() { header[start + offset] = byte }
        }
        func octal(_ value: Int, at start: Int, digits: Int) {
            let text = String(value, radix: 8)
            put(String(repeating: "0", count: max(0, digits - text.count)) + text, at: start)
        }
        put(name, at: 0)
        octal(mode, at: 100, digits: 7)
        octal(uid, at: 108, digits: 7)
        octal(0, at: 116, digits: 7)
        octal(size ?? content.count, at: 124, digits: 11)
        octal(1, at: 136, digits: 11)
        header[156] = type.asciiValue ?? 0
        put(link, at: 157)
        put("ustar", at: 257)
        put("00", at: 263)
        // The checksum counts its own field as blanks.
        let sum = header.reduce(0) { $0 + Int($1) } + 8 * 32
        octal(sum, at: 148, digits: 6)
        header[155] = 32
        bytes += header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// A pax header for the next entry.
    mutating func pax(_ key: String, _ value: String) {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".count + rest.utf8.count != length { length += 1 }
        add("pax", type: "x", content: Array("\(length)\(rest)".utf8))
    }

    /// The archive with its end mark.
    var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
