/// Lets a reader go on behind a key that a mapping has twice.
///
/// The YAML library stops at the first double key and says only where its first mention is. So that mention is given
/// another first letter, one from a private range and of its own for each, which moves no other position; then the text
/// is read again. The last mention stays, and is the one reported.
struct DoubleKeys {
    private static let mask: ClosedRange<UInt32> = 0xE000...0xE03F
    private var used = 0
    /// First letters that were replaced, by what replaced them.
    private var originals: [Unicode.Scalar: Unicode.Scalar] = [:]

    /// Whether `name` is a mention that was taken out of the way.
    func isRenamed(_ name: String) -> Bool {
        guard !originals.isEmpty, let first = name.unicodeScalars.first else { return false }
        return originals[first] != nil
    }

    /// Where `name` was mentioned first among the keys of its mapping, if it was taken out of the way there.
    func first(of name: String, in keys: @autoclosure () -> [(String, Position)]) -> Position? {
        guard !originals.isEmpty else { return nil }
        return keys().first { isRenamed($0.0) && original(of: $0.0) == name }?.1
    }

    private func original(of name: String) -> String {
        guard let first = name.unicodeScalars.first, let letter = originals[first] else { return name }
        var scalars = String.UnicodeScalarView([letter])
        scalars.append(contentsOf: name.unicodeScalars.dropFirst())
        return String(scalars)
    }

    /// `text` with the first letter of the key at `position` replaced; nil when there is no plain letter, when the
    /// text has letters of the private range itself, or when too many were replaced.
    mutating func rename(at position: Position, in text: String) -> String? {
        // Each time the whole text is read again, so the larger it is, the fewer times.
        let most = min(Self.mask.count - 1, max(1, (4 << 20) / max(1, text.utf8.count)))
        guard used < most, let mask = Unicode.Scalar(Self.mask.lowerBound + UInt32(used)) else { return nil }
        if used == 0, text.unicodeScalars.contains(where: { Self.mask.contains($0.value) }) { return nil }
        guard var place = TextScan.index(of: position, in: text) else { return nil }
        if text.unicodeScalars[place] == "\"" || text.unicodeScalars[place] == "'" {
            place = text.unicodeScalars.index(after: place)
        }
        guard place < text.endIndex else { return nil }
        let letter = text.unicodeScalars[place]
        guard letter.properties.isAlphabetic || letter.properties.numericType != nil || letter == "_" else {
            return nil
        }
        originals[mask] = letter
        used += 1
        var scalars = text.unicodeScalars
        scalars.replaceSubrange(place...place, with: CollectionOfOne(mask))
        return String(scalars)
    }
}
