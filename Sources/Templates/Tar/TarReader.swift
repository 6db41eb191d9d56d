/// Where the bytes of an archive come from.
protocol ByteSource: ~Copyable {
    /// The next bytes, at most `count`; `nil` at the end.
    mutating func read(upTo count: Int) throws(TemplateError) -> [UInt8]?
}

/// Reads a tar archive entry by entry: ustar, GNU long names, pax headers.
///
/// Touches no file.
///
/// Archives come from strangers: every number is checked before it is used, headers that belong to the next entry are
/// at most 1 MiB, and whatever is not understood is refused with the entry's number and name.
struct TarReader<Source: ByteSource & ~Copyable>: ~Copyable {
    private var source: Source
    private var buffer: [UInt8] = []
    private var offset = 0
    private var number = 0
    private var unread: Int64 = 0
    private var padding: Int64 = 0

    static var longestExtension: Int64 { 1 << 20 }

    init(_ source: consuming Source) {
        self.source = source
    }

    /// The next entry; what is left of the one before is passed over.
    ///
    /// `nil` at the end of the archive.
    mutating func next() throws(TemplateError) -> TarEntry? {
        try skip(unread + padding)
        (unread, padding) = (0, 0)
        var extensions = TarExtensions()
        while true {
            guard let header = try nextHeader() else { return nil }
            guard let size = header.contentSize else { throw refused(header, "its size is not a number") }
            switch header.type {
            case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
                guard size <= Self.longestExtension else { throw refused(header, "its header is too long") }
                let content = try exactly(Int(size))
                try skip(Self.padding(after: size))
                guard extensions.add(header.type, content) else { throw refused(header, "its header makes no sense") }
            default:
                return try entry(header, extensions)
            }
        }
    }

    /// The next bytes of the current entry's content, at most `count`; `nil` at its end.
    mutating func content(upTo count: Int) throws(TemplateError) -> [UInt8]? {
        if unread == 0 { return nil }
        try fill(1)
        guard offset < buffer.count else { throw truncated() }
        let take = min(Int64(min(count, buffer.count - offset)), unread)
        let bytes = Array(buffer[offset..<(offset + Int(take))])
        offset += Int(take)
        unread -= take
        return bytes
    }

    /// Reads on to the end of the source, so that a program at the other end of a pipe can finish.
    mutating func drain() throws(TemplateError) {
        while try source.read(upTo: 1 << 16) != nil {}
    }

    /// Gives the source back for a last look.
    mutating func finishSource(_ body: (inout Source) throws(TemplateError) -> Void) throws(TemplateError) {
        try body(&source)
    }

    private mutating func nextHeader() throws(TemplateError) -> TarHeader? {
        try fill(TarHeader.size)
        if offset == buffer.count { return nil }
        let header = TarHeader(bytes: try exactly(TarHeader.size))
        if header.isZero { return nil }
        number += 1
        guard header.hasRightChecksum else {
            throw refused(header, "not a tar header: the archive is damaged or not a tar")
        }
        return header
    }

    private mutating func entry(_ header: TarHeader, _ extensions: TarExtensions) throws(TemplateError) -> TarEntry {
        let size = extensions.size ?? header.contentSize ?? 0
        guard let mode = header.mode, let uid = extensions.uid ?? header.uid, let gid = extensions.gid ?? header.gid
        else {
            throw refused(header, "its mode or owner is not a number")
        }
        if extensions.isSparse {
            throw refused(header, "sparse files are not understood: make the archive without --sparse")
        }
        let target = extensions.linkTarget ?? header.linkTarget
        guard let name = String(validating: extensions.name ?? header.name, as: UTF8.self),
            let link = String(validating: target, as: UTF8.self), !name.utf8.contains(0), !link.utf8.contains(0)
        else { throw refused(header, "its name is not UTF-8") }
        let kind = try kind(header, link, name)
        // Only files have content; old archivers leave a size in the header of links.
        if kind == .file {
            unread = size
            padding = Self.padding(after: size)
        }
        return TarEntry(
            number: number,
            name: name,
            kind: kind,
            mode: UInt32(truncatingIfNeeded: mode & 0o7777),
            uid: uid,
            gid: gid,
            size: kind == .file ? size : 0,
            modified: extensions.modified ?? header.modified ?? 0,
            attributes: extensions.attributes
        )
    }

    private func kind(_ header: TarHeader, _ target: String, _ name: String) throws(TemplateError) -> TarEntry.Kind {
        switch header.type {
        // Before ustar, a directory was a file whose name ends in a slash.
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): return name.hasSuffix("/") ? .directory : .file
        case UInt8(ascii: "1"): return .hardLink(target: target)
        case UInt8(ascii: "2"): return .symlink(target: target)
        case UInt8(ascii: "3"), UInt8(ascii: "4"): return .device
        case UInt8(ascii: "5"): return .directory
        case UInt8(ascii: "6"): return .fifo
        default:
            throw refused(header, "entries of type \"\(Character(UnicodeScalar(header.type)))\" are not understood")
        }
    }

    private static func padding(after size: Int64) -> Int64 { (512 - size % 512) % 512 }

    private mutating func fill(_ count: Int) throws(TemplateError) {
        if buffer.count - offset >= count { return }
        buffer.removeFirst(offset)
        offset = 0
        while buffer.count < count, let more = try source.read(upTo: 1 << 18) { buffer += more }
    }

    private mutating func exactly(_ count: Int) throws(TemplateError) -> [UInt8] {
        try fill(count)
        guard buffer.count - offset >= count else { throw truncated() }
        defer { offset += count }
        return Array(buffer[offset..<(offset + count)])
    }

    private mutating func skip(_ count: Int64) throws(TemplateError) {
        var rest = count
        while rest > 0 {
            try fill(1)
            guard offset < buffer.count else { throw truncated() }
            let step = min(rest, Int64(buffer.count - offset))
            offset += Int(step)
            rest -= step
        }
    }

    private func refused(_ header: TarHeader, _ reason: String) -> TemplateError {
        .archive(entry: number, name: String(decoding: header.name, as: UTF8.self), reason: reason)
    }

    private func truncated() -> TemplateError {
        .archive(entry: number, name: "", reason: "the archive ends in the middle of it")
    }
}
