import CLinux
import Glibc

/// What a copy of a tree takes along.
public struct TreeCopyOptions: Sendable {
    /// Owner and group as numbers; otherwise the copy belongs to whoever makes it.
    public var owners = true
    /// Every extended attribute; otherwise none.
    public var attributes = true
    /// FIFOs and overlayfs' whiteouts; otherwise they are passed over.
    ///
    /// Sockets and device nodes always are.
    public var specialFiles = true

    /// Everything.
    public init() {}
}

/// Copies trees that a tenant may have filled with anything.
///
/// Each level is opened relative to the one above, no symbolic link is followed, names stay bytes. Blocks are shared
/// where the file system can (FICLONE), copied inside the kernel otherwise; hard links stay hard links.
public struct TreeCopy {
    private let options: TreeCopyOptions
    private var links: [UInt64: [CChar]] = [:]
    private var canShare = true
    private let destination: Int32
    /// Bytes of content so far.
    public private(set) var bytes: UInt64 = 0
    /// Entries so far.
    public private(set) var entries = 0
    /// What was left out, a path each.
    public private(set) var skipped: [String] = []

    // Every level holds two descriptors; a tenant's deeper tree is refused rather than the process' descriptors used up.
    private static let deepest = 256

    // lseek(2); glibc shows them to GNU sources only.
    private static let (seekData, seekHole): (Int32, Int32) = (3, 4)

    private init(_ options: TreeCopyOptions, into destination: Int32) {
        self.options = options
        self.destination = destination
    }

    /// Copies what is in the open directory `from` into the open directory `to`, and its owner, mode and time.
    ///
    /// - Returns: What was copied.
    /// - Throws: ``SyscallError``; what was copied until then is there.
    @discardableResult
    public static func contents(
        of from: Int32,
        into to: Int32,
        _ options: TreeCopyOptions = TreeCopyOptions()
    ) throws(SyscallError) -> TreeCopy {
        var copy = TreeCopy(options, into: to)
        try copy.directory(from, to, [], depth: 0)
        return copy
    }

    /// Copies one file, link or tree, opened `O_PATH` or better as `from`, to the free name `name` in the directory `to`.
    @discardableResult
    public static func item(
        _ from: Int32,
        to: Int32,
        as name: String,
        _ options: TreeCopyOptions = TreeCopyOptions()
    ) throws(SyscallError) -> TreeCopy {
        var copy = TreeCopy(options, into: to)
        let raw = Array(name.utf8CString)
        let status = try Files.status("", at: from)
        // A descriptor for reading of exactly this file: its name may mean another by now.
        switch status.mode & S_IFMT {
        case S_IFREG:
            let file = try Files.open("/proc/self/fd/\(from)", O_RDONLY | O_NONBLOCK)
            try copy.file(file.number, status, to, raw, path: raw)
        case S_IFDIR:
            let folder = try Files.open(".", O_RDONLY | O_DIRECTORY, at: from)
            try copy.makeDirectory(raw, to)
            let made = try Self.open(raw, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: to)
            try copy.directory(folder.number, made.number, raw, depth: 1)
        case S_IFLNK:
            let target = try Self.readLink([0], in: from)
            try checked("symlink", name, unsafe clinux_symlinkat(target, to, raw))
            try copy.finish(status, to, raw)
        default: copy.skipped.append(name)
        }
        return copy
    }

    private mutating func directory(
        _ from: Int32,
        _ to: Int32,
        _ path: [CChar],
        depth: Int
    ) throws(SyscallError) {
        let label = Self.text(path)
        guard depth < Self.deepest else {
            throw SyscallError(call: "copy", subject: "\(label) (too deep)", errno: ELOOP)
        }
        entries += 1
        for entry in try DirectoryEntries.read(from, named: label) {
            let inner = (path.isEmpty ? [] : path.dropLast() + [47]) + entry.rawName
            try self.entry(entry.rawName, from, to, inner, depth: depth)
        }
        let status = try Files.status("", at: from)
        if options.attributes { try copyAttributes(from, to, label) }
        try finish(status, to, [0])
        // The mode of a directory last: one without write permission could not be filled by everybody.
        try checked("fchmod", label, clinux_fchmod(to, status.mode & 0o7777))
        try setTime(status, to, [0])
    }

    private mutating func entry(
        _ name: [CChar],
        _ from: Int32,
        _ to: Int32,
        _ path: [CChar],
        depth: Int
    ) throws(SyscallError) {
        var raw = stat()
        try checked("stat", Self.text(path), unsafe clinux_fstatat(from, name, &raw, AT_SYMLINK_NOFOLLOW))
        let status = FileStatus(raw)
        switch status.mode & S_IFMT {
        case S_IFDIR:
            let folder = try Self.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: from)
            try makeDirectory(name, to)
            let made = try Self.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, in: to)
            return try directory(folder.number, made.number, path, depth: depth + 1)
        case S_IFREG:
            if raw.st_nlink > 1, try linkKnown(status, to, name) { return }
            // O_NONBLOCK: should the name have become a FIFO meanwhile, nobody waits for its other end.
            let file = try Self.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, in: from)
            try self.file(file.number, status, to, name, path: path)
            if raw.st_nlink > 1 { links[status.inode] = path }
        case S_IFLNK:
            let target = try Self.readLink(name, in: from)
            try checked("symlink", Self.text(path), unsafe clinux_symlinkat(target, to, name))
            try finish(status, to, name)
            try setTime(status, to, name)
        case S_IFIFO where options.specialFiles, S_IFCHR where options.specialFiles && status.representedDevice == 0:
            try checked("mknod", Self.text(path), unsafe clinux_mknodat(to, name, status.mode, 0))
            try finish(status, to, name)
        default:
            skipped.append(Self.text(path))
            return
        }
        entries += 1
    }

    private mutating func file(
        _ from: Int32,
        _ status: FileStatus,
        _ to: Int32,
        _ name: [CChar],
        path: [CChar]
    ) throws(SyscallError) {
        let label = Self.text(path)
        guard try Files.status("", at: from).isRegular else {
            throw SyscallError(call: "copy", subject: "\(label), which changed meanwhile", errno: EAGAIN)
        }
        let copy = try Self.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, in: to)
        try content(from, copy.number, UInt64(max(0, status.size)), label)
        if options.attributes { try copyAttributes(from, copy.number, label) }
        try finish(status, to, name)
        // After chown(2), which takes the setuid bit away.
        try checked("fchmod", label, clinux_fchmod(copy.number, status.mode & 0o7777))
        try setTime(status, to, name)
    }

    private mutating func content(_ from: Int32, _ to: Int32, _ size: UInt64, _ label: String) throws(SyscallError) {
        if canShare, size > 0 {
            do throws(SyscallError) {
                try SharedExtents.clone(from, to: to, named: label)
                bytes += size
                return
            } catch {
                canShare = false
            }
        }
        var offset: Int64 = 0
        // Holes stay holes: a sparse file of a tenant must not become a full one of the host's.
        while true {
            let data = clinux_lseek(from, offset, Self.seekData)
            if data == -Int(ENXIO) { break }
            let start = Int64(try checked("lseek SEEK_DATA", label, data))
            let end = Int64(try checked("lseek SEEK_HOLE", label, clinux_lseek(from, start, Self.seekHole)))
            try checked("lseek", label, clinux_lseek(from, start, SEEK_SET))
            try checked("lseek", label, clinux_lseek(to, start, SEEK_SET))
            try copyRun(from, to, end - start, label)
            bytes += UInt64(end - start)
            offset = end
        }
        let length = try Files.status("", at: from).size
        try checked("ftruncate", label, clinux_ftruncate(to, length))
    }

    private func copyRun(_ from: Int32, _ to: Int32, _ count: Int64, _ label: String) throws(SyscallError) {
        var rest = count
        while rest > 0 {
            let step = Int(min(rest, 1 << 26))
            let moved = clinux_copy_range(from, to, step)
            if moved == -Int(EXDEV) || moved == -Int(EINVAL) || moved == -Int(EOPNOTSUPP) {
                let block = try Files.readSome(from, named: label, upTo: min(step, 1 << 20))
                if block.isEmpty { return }
                try Files.write(to, block, named: label)
                rest -= Int64(block.count)
                continue
            }
            if moved == 0 { return }
            rest -= Int64(try checked("copy_file_range", label, moved))
        }
    }

    /// Makes another name for a file that was copied already.
    private func linkKnown(_ status: FileStatus, _ to: Int32, _ name: [CChar]) throws(SyscallError) -> Bool {
        guard let first = links[status.inode] else { return false }
        let result = unsafe clinux_linkat(destination, first, to, name, 0)
        // As many links as the file system allows, or not on this file system: then it is a copy.
        if result == -Int(EMLINK) || result == -Int(ENOENT) { return false }
        try checked("link", Self.text(name), result)
        return true
    }

    private func makeDirectory(_ name: [CChar], _ to: Int32) throws(SyscallError) {
        try checked("mkdir", Self.text(name), unsafe clinux_mkdirat(to, name, 0o700))
    }

    /// Owner of what is called `name` in `to`, or of `to` itself for an empty name.
    private func finish(_ status: FileStatus, _ to: Int32, _ name: [CChar]) throws(SyscallError) {
        guard options.owners else { return }
        let flags = AT_SYMLINK_NOFOLLOW | CLINUX_AT_EMPTY_PATH
        try checked("chown", Self.text(name), unsafe clinux_fchownat(to, name, status.uid, status.gid, flags))
    }

    private func setTime(_ status: FileStatus, _ to: Int32, _ name: [CChar]) throws(SyscallError) {
        let (seconds, rest) = status.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
        let place = name == [0] ? Array(".".utf8CString) : name
        try checked(
            "utimensat",
            Self.text(name),
            unsafe clinux_utimens(to, place, rest < 0 ? seconds - 1 : seconds, rest < 0 ? rest + 1_000_000_000 : rest)
        )
    }

    private func copyAttributes(_ from: Int32, _ to: Int32, _ label: String) throws(SyscallError) {
        for (key, value) in try ExtendedAttributes.all(of: from, named: label) {
            try ExtendedAttributes.set(key, value, of: to, named: label)
        }
    }

    private static func open(
        _ name: [CChar],
        _ flags: Int32,
        in directory: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        let fd = try checked("open", text(name), unsafe clinux_openat(directory, name, flags, 0o600))
        return OwnedDescriptor(owning: Int32(fd))
    }

    private static func readLink(_ name: [CChar], in directory: Int32) throws(SyscallError) -> [CChar] {
        var failure = 0
        let target = unsafe [CChar](unsafeUninitializedCapacity: 4097) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            let result = unsafe clinux_readlinkat(directory, name, start, 4096)
            failure = min(result, 0)
            used = max(result, 0)
        }
        try checked("readlink", text(name), failure)
        return target + [0]
    }

    private static func text(_ name: [CChar]) -> String {
        String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
