import LinuxKernel

/// How much an archive may unpack to.
public struct ArchiveLimits: Equatable, Sendable {
    /// Content of all files together, in bytes.
    public let bytes: Int64
    /// Entries of any kind.
    public let entries: Int

    /// Makes limits; the defaults fit any system a jail can run, and end a decompression bomb.
    public init(bytes: Int64 = 64 << 30, entries: Int = 4_000_000) {
        self.bytes = bytes
        self.entries = entries
    }
}

/// Unpacks an archive into a tree and nowhere else.
///
/// Absolute names and `..` are refused; symlinks are only texts, and a later entry that goes through one stays inside
/// (``RootedTree``); a hard link needs a regular file of the same tree; owners have to fit a jail's 65,536 ids. Device
/// nodes are left out below `/dev`, which a jail gets fresh, and refused anywhere else.
struct TarExtractor {
    let tree: RootedTree
    var limits = ArchiveLimits()
    /// Only these paths and what is below them; empty: everything.
    var only: [String] = []

    /// Unpacks every entry and returns how many there were.
    @discardableResult
    func extract<Source: ByteSource & ~Copyable>(_ reader: inout TarReader<Source>) throws(TemplateError) -> Int {
        var bytes: Int64 = 0
        var count = 0
        while let entry = try reader.next() {
            count += 1
            bytes += entry.size
            guard count <= limits.entries else { throw refused(entry, "more than \(limits.entries) entries") }
            guard bytes <= limits.bytes else { throw refused(entry, "more than \(limits.bytes) bytes unpacked") }
            let path = try checkedPath(entry.name, of: entry)
            if isWanted(path) { try extract(entry, to: path, &reader) }
        }
        return count
    }

    private func extract<Source: ByteSource & ~Copyable>(
        _ entry: TarEntry,
        to path: String,
        _ reader: inout TarReader<Source>
    ) throws(TemplateError) {
        guard (0..<65_536).contains(entry.uid), (0..<65_536).contains(entry.gid) else {
            throw refused(entry, "owner \(entry.uid):\(entry.gid) does not fit a jail's 65536 ids")
        }
        let (uid, gid) = (UInt32(entry.uid), UInt32(entry.gid))
        do {
            switch entry.kind {
            case .directory: try tree.makeDirectory(path, uid: uid, gid: gid, mode: entry.mode)
            case .symlink(let target): try tree.makeLink(path, to: target, uid: uid, gid: gid)
            case .fifo: try tree.makeFIFO(path, uid: uid, gid: gid, mode: entry.mode)
            case .device:
                if !path.hasPrefix("/dev/") { throw refused(entry, "a device node") }
            case .hardLink(let target): try tree.makeHardLink(path, to: try checkedPath(target, of: entry))
            case .file:
                let file = try tree.create(path, uid: uid, gid: gid, mode: entry.mode)
                while let bytes = try reader.content(upTo: 1 << 18) { try Files.write(file.number, bytes, named: path) }
                for attribute in entry.attributes { try RawFiles.setAttribute(file.number, attribute, named: path) }
                try RawFiles.setTime(file.number, seconds: entry.modified, named: path)
            }
        } catch let error as SyscallError {
            throw refused(entry, error.description)
        } catch let error as TemplateError {
            throw error
        } catch {
            throw refused(entry, "\(error)")
        }
    }

    /// The path from the tree's root, with one leading slash.
    private func checkedPath(_ name: String, of entry: TarEntry) throws(TemplateError) -> String {
        if name.hasPrefix("/") { throw refused(entry, "an absolute name") }
        let parts = name.split(separator: "/").filter { $0 != "." }
        if parts.contains("..") { throw refused(entry, "a name with \"..\"") }
        return "/" + parts.joined(separator: "/")
    }

    private func isWanted(_ path: String) -> Bool {
        only.isEmpty || only.contains { path == $0 || path.hasPrefix("\($0)/") }
    }

    private func refused(_ entry: TarEntry, _ reason: String) -> TemplateError {
        .archive(entry: entry.number, name: entry.name, reason: reason)
    }
}
