import Glibc
import LinuxKernel

/// Walks a tree on disk and lists it.
///
/// Every level is opened relative to the one above and no symlink is followed. The tree must be at rest: nobody else
/// writes to it.
enum TreeScan {
    /// Lists everything below a host directory.
    ///
    /// - Throws: ``TemplateError/unsuitable(step:reason:)`` for device nodes and names that are not UTF-8.
    static func list(_ root: String) throws(TemplateError) -> TreeListing {
        var memory = ScanMemory()
        return try list(root, &memory)
    }

    /// As ``list(_:)``, of a tree that was listed before with the same `memory`: only what changed is read.
    static func list(_ root: String, _ memory: inout ScanMemory) throws(TemplateError) -> TreeListing {
        memory.start()
        var listing = TreeListing()
        let top = try attempting("list files") { () throws(SyscallError) in
            try Files.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        try add(directory: top.number, at: TreePath(""), to: &listing, &memory)
        return listing
    }

    /// As ``list(_:)``, but `path` may be any kind of file; a lone file has the empty path.
    static func list(any path: String) throws(TemplateError) -> TreeListing {
        let status = try attempting("list files") { () throws(SyscallError) in try Files.status(path) }
        if status.isDirectory { return try list(path) }
        var (listing, memory) = (TreeListing(), ScanMemory())
        try add(path, in: AT_FDCWD, at: TreePath(""), to: &listing, &memory)
        return listing
    }

    private static func add(
        directory fd: Int32,
        at path: TreePath,
        to listing: inout TreeListing,
        _ memory: inout ScanMemory
    ) throws(TemplateError) {
        let label = path.text
        let (entry, names) = try attempting("list files") { () throws(SyscallError) in
            let status = try Files.status("", at: fd)
            let attributes = try RawFiles.attributes(fd, named: label)
            return (TreeEntry(.directory, status, attributes), try DirectoryEntries.read(fd, named: label).map(\.name))
        }
        listing.entries[path] = entry
        for name in names { try add(name, in: fd, at: path.appending(name), to: &listing, &memory) }
    }

    private static func add(
        _ name: String,
        in parent: Int32,
        at path: TreePath,
        to listing: inout TreeListing,
        _ memory: inout ScanMemory
    ) throws(TemplateError) {
        if name.unicodeScalars.contains("\u{FFFD}") {
            throw .unsuitable(step: "finish", reason: "/\(path.text) is not a UTF-8 name: rename it")
        }
        let status = try attempting("list files") { () throws(SyscallError) in try Files.status(name, at: parent) }
        switch status.mode & S_IFMT {
        case S_IFDIR:
            let fd = try attempting("list files") { () throws(SyscallError) in
                try Files.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: parent)
            }
            try add(directory: fd.number, at: path, to: &listing, &memory)
        case S_IFREG:
            if let known = memory.entry(path, status) {
                listing.entries[path] = known
                break
            }
            let entry = try attempting("read file") { () throws(SyscallError) in
                try file(name, in: parent, status, at: path)
            }
            listing.entries[path] = entry
            memory.note(path, status, entry)
        case S_IFLNK:
            let target = try attempting("read link") { () throws(SyscallError) in try Files.readLink(name, at: parent) }
            listing.entries[path] = TreeEntry(.link(target: target), status, [])
        case S_IFIFO: listing.entries[path] = TreeEntry(.fifo, status, [])
        case S_IFCHR where status.representedDevice == 0: listing.entries[path] = TreeEntry(.whiteout, status, [])
        // A socket without its process is nothing; no layer carries it.
        case S_IFSOCK: break
        default: throw .unsuitable(step: "finish", reason: "/\(path.text) is a device node: remove it in the template")
        }
    }

    private static func file(
        _ name: String,
        in parent: Int32,
        _ status: FileStatus,
        at path: TreePath
    ) throws(SyscallError) -> TreeEntry {
        let file = try Files.open(name, O_RDONLY | O_NOFOLLOW, at: parent)
        var stream = DigestStream()
        var size: Int64 = 0
        let room = min(max(Int(status.size) + 1, 512), 1 << 20)
        while true {
            let bytes = try Files.readSome(file.number, named: path.text, upTo: room)
            if bytes.isEmpty { break }
            size += Int64(bytes.count)
            stream.update(bytes)
        }
        let attributes = try RawFiles.attributes(file.number, named: path.text)
        return TreeEntry(.file(size: size, hex: stream.finish().hex), status, attributes)
    }
}

extension TreeEntry {
    fileprivate init(_ kind: Kind, _ status: FileStatus, _ attributes: [ExtendedAttribute]) {
        let hasMode =
            switch kind {
            case .link, .whiteout: false
            default: true
            }
        self.init(
            kind: kind,
            mode: hasMode ? status.mode & 0o7777 : 0,
            uid: kind == .whiteout ? 0 : status.uid,
            gid: kind == .whiteout ? 0 : status.gid,
            attributes: attributes
        )
    }
}
