import Glibc
import LinuxKernel

/// Reads a stream that ``PartWriter`` made; it may come from anybody.
///
/// Nothing of a part counts before its digest has been compared: whoever takes parts works aside until ``next()`` returns
/// or ``finishPart(_:)`` says that the part was whole.
public struct PartReader: ~Copyable {
    private var reader: TarReader<DescriptorSource>
    private var entry: TarEntry?
    private var digest = DigestStream()
    private var index = 0

    /// Reads from an open descriptor, which stays the caller's.
    public init(from input: Int32) {
        reader = TarReader(DescriptorSource(fd: input, name: "archive"))
    }

    /// The name of the next part; nil at the end of the stream.
    ///
    /// - Precondition: The part before was read to its end.
    public mutating func next() throws(TemplateError) -> String? {
        entry = try reader.next()
        guard let entry else { return nil }
        guard entry.name.hasSuffix("/00000000"), entry.kind == .file else {
            throw .archive(entry: entry.number, name: entry.name, reason: "no part begins here")
        }
        digest = DigestStream()
        index = 0
        return String(entry.name.dropLast(9))
    }

    /// The next bytes of the part; nil at its end, when its digest was right.
    public mutating func read() throws(TemplateError) -> [UInt8]? {
        while true {
            if let bytes = try reader.content(upTo: 1 << 18) {
                digest.update(bytes)
                return bytes
            }
            guard let last = entry else { return nil }
            guard let following = try reader.next() else {
                throw .archive(entry: last.number, name: last.name, reason: "the archive ends before its digest")
            }
            entry = following
            index += 1
            if following.name.hasSuffix("/sha256") {
                try compare(following)
                entry = nil
                return nil
            }
            guard following.kind == .file, Self.folder(following.name) == Self.folder(last.name) else {
                throw .archive(entry: following.number, name: following.name, reason: "it belongs to no part")
            }
        }
    }

    /// All of a small part.
    public mutating func bytes(limit: Int = 1 << 20) throws(TemplateError) -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try read() {
            all += bytes
            guard all.count <= limit else {
                throw .archive(entry: entry?.number ?? 0, name: entry?.name ?? "", reason: "it is too long")
            }
        }
        return all
    }

    private mutating func compare(_ entry: TarEntry) throws(TemplateError) {
        var said: [UInt8] = []
        while let bytes = try reader.content(upTo: 128), said.count < 128 { said += bytes }
        let found = digest.finish().hex
        guard said.elementsEqual(found.utf8) else {
            throw .archive(entry: entry.number, name: entry.name, reason: "the digest of what came is \(found)")
        }
    }

    private static func folder(_ name: String) -> Substring {
        name[..<(name.lastIndex(of: "/") ?? name.startIndex)]
    }
}
