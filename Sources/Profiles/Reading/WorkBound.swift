/// Estimates how much work a text can make for the YAML library, before the library sees it.
///
/// Two things multiply there. Aliases: ten aliases of ten aliases … are walked at their full size. And keys that are
/// lists or mappings, because the library hashes each key with all that is in it, at each level. Neither belongs into a
/// profile, but both are well-formed YAML. The estimate counts what could be one of them, from above.
enum WorkBound {
    /// Steps allowed, about a second's worth.
    static let most = 1 << 24

    /// Where the last alias or such key stands if the text could take too long to read; nil for harmless text.
    static func exceeded(in text: String) -> Position? {
        let bytes = Array(text.utf8)
        let keys = compoundKeys(in: bytes)
        let aliases = Aliases(in: bytes)
        let steps = bytes.count.multipliedReportingOverflow(by: (keys.count + 1))
        let total = steps.partialValue.multipliedReportingOverflow(by: aliases.growth)
        if !steps.overflow, !total.overflow, total.partialValue <= most { return nil }
        guard let offset = aliases.last ?? keys.last else { return nil }
        return TextScan.position(ofByte: offset, in: bytes)
    }

    // MARK: keys that are lists or mappings

    /// Offsets at which such a key may begin or end: more than there are, never fewer.
    private static func compoundKeys(in bytes: [UInt8]) -> (count: Int, last: Int?) {
        var count = 0
        var last: Int?
        for index in bytes.indices {
            let found =
                switch bytes[index] {
                case UInt8(ascii: "?"): startsToken(bytes, index)
                case UInt8(ascii: "["), UInt8(ascii: "{"): isAtKeyPlace(bytes, index)
                case UInt8(ascii: "]"), UInt8(ascii: "}"): isFollowedByColon(bytes, index + 1)
                default: false
                }
            if found { (count, last) = (count + 1, index) }
        }
        return (count, last)
    }

    private static func startsToken(_ bytes: [UInt8], _ index: Int) -> Bool {
        guard index > 0 else { return true }
        return switch bytes[index - 1] {
        case ...0x20, 0x80..., UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: ","): true
        default: false
        }
    }

    /// Behind `{` or `,`, at the beginning of a line, or behind a tag or an anchor.
    private static func isAtKeyPlace(_ bytes: [UInt8], _ index: Int) -> Bool {
        var before = index - 1
        while before >= 0, bytes[before] == 0x20 || bytes[before] == 0x09 { before -= 1 }
        guard before >= 0 else { return true }
        switch bytes[before] {
        case ..<0x20, 0x80..., UInt8(ascii: "{"), UInt8(ascii: ","): return true
        default: break
        }
        while before > 0, bytes[before - 1] > 0x20, !"[]{},".utf8.contains(bytes[before - 1]) { before -= 1 }
        return bytes[before] == UInt8(ascii: "!") || bytes[before] == UInt8(ascii: "&")
    }

    private static func isFollowedByColon(_ bytes: [UInt8], _ index: Int) -> Bool {
        var next = index
        while next < bytes.count, bytes[next] == 0x20 || bytes[next] == 0x09 { next += 1 }
        return next < bytes.count && bytes[next] == UInt8(ascii: ":")
    }

    // MARK: aliases

    /// What may be an alias of what may be an anchor.
    private struct Aliases {
        /// At most how many times larger the text is with each alias replaced by what it stands for.
        let growth: Int
        /// Where the last alias stands.
        let last: Int?

        init(in bytes: [UInt8]) {
            guard bytes.contains(UInt8(ascii: "&")), bytes.contains(UInt8(ascii: "*")) else {
                (growth, last) = (1, nil)
                return
            }
            let anchors = Self.words(in: bytes, after: UInt8(ascii: "&"))
            let uses = Self.words(in: bytes, after: UInt8(ascii: "*"))
            var factors = [ArraySlice<UInt8>: Int]()
            for anchor in anchors.map(\.name) {
                // An anchor given twice can hold its own former self, so its uses do not add up but multiply.
                factors[anchor] = factors[anchor] == nil ? 1 : WorkBound.most
            }
            var product = 1
            var last: Int?
            for (name, offset) in uses {
                guard let factor = factors[name] else { continue }
                last = offset
                factors[name] = min(factor + 1, WorkBound.most)
            }
            if last != nil {
                let used = Set(uses.map(\.name))
                for (name, factor) in factors where used.contains(name) {
                    product = min(product * factor, WorkBound.most)
                }
            }
            (growth, self.last) = (product, last)
        }

        private static func words(in bytes: [UInt8], after mark: UInt8) -> [(name: ArraySlice<UInt8>, offset: Int)] {
            var found: [(name: ArraySlice<UInt8>, offset: Int)] = []
            for index in bytes.indices where bytes[index] == mark {
                let name = bytes[(index + 1)...].prefix(while: isWord)
                if !name.isEmpty { found.append((name, index)) }
            }
            return found
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            Names.isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}
