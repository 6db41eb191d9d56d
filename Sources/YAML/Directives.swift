/// Bounds the one thing that libyaml does between two events and that grows with the square of the text.
///
/// It compares each `%TAG` line with all before it, and each tag with all of them. A file of 1 MiB has room for 90,000.
enum Directives {
    /// More than any file has.
    static let most = 64

    private static let tag = Array("%TAG".utf8)

    /// Throws where there are too many lines that may be such a directive: never fewer are counted than there are.
    static func check(_ bytes: [UInt8]) throws(YAMLProblem) {
        guard bytes.contains(tag[0]) else { return }
        var count = 0
        for index in bytes.indices where bytes[index] == tag[0] && bytes[index...].starts(with: tag) {
            guard index == 0 || mayEndLine(bytes[index - 1]) else { continue }
            count += 1
            guard count <= most else {
                let place = Position(ofByte: index, in: bytes)
                throw YAMLProblem(.tooMany, "there are more than \(most) tag directives", at: place)
            }
        }
    }

    /// The last bytes of LF, CR, NEL, LS, PS and of a byte order mark.
    private static func mayEndLine(_ byte: UInt8) -> Bool { [0x0A, 0x0D, 0x85, 0xA8, 0xA9, 0xBF].contains(byte) }
}
