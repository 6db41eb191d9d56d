/// One file of a ``TreeListing``.
struct TreeEntry: Equatable {
    enum Kind: Equatable {
        case directory
        case file(size: Int64, hex: String)
        case link(target: String)
        case fifo
        /// In a layer: the name that lower layers have is gone.
        case whiteout

        var fileSize: Int64? {
            if case .file(let size, _) = self { size } else { nil }
        }
    }

    let kind: Kind
    /// Permission bits; 0 for links and whiteouts, which have none that matter.
    let mode: UInt32
    let uid: UInt32
    let gid: UInt32
    let attributes: [ExtendedAttribute]

    /// `type mode uid gid [size hash | target] path [attribute=hex …]`.
    func line(for path: TreePath) -> String {
        let name = path.bytes.isEmpty ? "." : Self.escaped(path.bytes)
        let owner = "\(String(mode, radix: 8)) \(uid) \(gid)"
        let extra = attributes.map { " \(Self.escaped(Array($0.name.utf8)))=\(Self.hex($0.value))" }.joined()
        switch kind {
        case .directory: return "d \(owner) \(name)\(extra)"
        case .file(let size, let hash): return "f \(owner) \(size) \(hash) \(name)\(extra)"
        case .link(let target): return "l \(owner) \(Self.escaped(Array(target.utf8))) \(name)\(extra)"
        case .fifo: return "p \(owner) \(name)\(extra)"
        case .whiteout: return "w \(name)"
        }
    }

    /// The entry and path of a line that ``line(for:)`` made; `nil` for any other.
    static func parse(_ line: Substring) -> (path: TreePath, entry: TreeEntry)? {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard let type = words.first else { return nil }
        if type == "w" {
            guard words.count == 2, let path = path(words[1]) else { return nil }
            return (path, TreeEntry(kind: .whiteout, mode: 0, uid: 0, gid: 0, attributes: []))
        }
        let own = type == "f" ? 2 : (type == "l" ? 1 : 0)
        guard words.count >= 5 + own, let mode = UInt32(words[1], radix: 8), let uid = UInt32(words[2]),
            let gid = UInt32(words[3]), let kind = kind(type, words[4..<(4 + own)]), let path = path(words[4 + own])
        else { return nil }
        var attributes: [ExtendedAttribute] = []
        for word in words[(5 + own)...] {
            guard let attribute = attribute(word) else { return nil }
            attributes.append(attribute)
        }
        return (path, TreeEntry(kind: kind, mode: mode, uid: uid, gid: gid, attributes: attributes))
    }

    private static func kind(_ type: Substring, _ own: ArraySlice<Substring>) -> Kind? {
        switch (type, own.first, own.last) {
        case ("d", nil, nil): return .directory
        case ("p", nil, nil): return .fifo
        case ("l", let target?, _): return unescaped(target).map { .link(target: String(decoding: $0, as: UTF8.self)) }
        case ("f", let size?, let hex?): return Int64(size).map { .file(size: $0, hex: String(hex)) }
        default: return nil
        }
    }

    private static func path(_ word: Substring) -> TreePath? {
        word == "." ? TreePath("") : unescaped(word).map { TreePath(bytes: $0) }
    }

    private static func attribute(_ word: Substring) -> ExtendedAttribute? {
        guard let sign = word.lastIndex(of: "="), let name = unescaped(word[..<sign]) else { return nil }
        let digits = Array(word[word.index(after: sign)...].utf8)
        guard digits.count % 2 == 0 else { return nil }
        var value: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[start...(start + 1)], as: UTF8.self), radix: 16) else {
                return nil
            }
            value.append(byte)
        }
        return ExtendedAttribute(name: String(decoding: name, as: UTF8.self), value: value)
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Blanks, control characters, `\` and a lone `.` as `\HH`: a line stays a line, a word a word.
    static func escaped(_ bytes: [UInt8]) -> String {
        if bytes == [46] { return "\\2e" }
        if bytes.allSatisfy({ $0 > 32 && $0 != 127 && $0 != 92 }) { return String(decoding: bytes, as: UTF8.self) }
        var safe: [UInt8] = []
        for byte in bytes {
            if byte > 32, byte != 127, byte != 92 { safe.append(byte) } else { safe += Array("\\\(hex([byte]))".utf8) }
        }
        return String(decoding: safe, as: UTF8.self)
    }

    static func unescaped(_ text: Substring) -> [UInt8]? {
        var plain: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != 92 {
                plain.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            plain.append(value)
            rest = rest.dropFirst(2)
        }
        return plain
    }
}

extension TreeListing {
    /// Reads what ``text`` wrote; `nil` if a line is not one of it.
    init?(parsing text: String) {
        for line in text.split(separator: "\n") {
            guard let (path, entry) = TreeEntry.parse(line) else { return nil }
            entries[path] = entry
        }
    }
}
