import CLinux
import Glibc

/// Whole-file and directory operations as the kernel offers them; paths are host side.
///
/// Nothing here follows a path that a tenant controls: for those there is ``BeneathRoot``.
public enum Files {
    /// Opens `path`; `O_CLOEXEC` is always added.
    ///
    /// open(2).
    public static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0o600,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) -> OwnedDescriptor {
        let fd = try checkedRetrying("open", path) { unsafe clinux_openat(directory, path, flags, mode) }
        return OwnedDescriptor(owning: Int32(fd))
    }

    /// Reads a file of unknown size to its end: kernel files report a size of zero.
    ///
    /// At most `limit` bytes are taken.
    public static func readBytes(
        _ path: String,
        limit: Int = 1 << 24,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) -> [UInt8] {
        let file = try open(path, O_RDONLY, at: directory)
        return try read(file.number, named: path, limit: limit)
    }

    /// Reads a descriptor to its end, at most `limit` bytes; `E2BIG` beyond that.
    public static func read(_ fd: Int32, named name: String, limit: Int = 1 << 24) throws(SyscallError) -> [UInt8] {
        var content: [UInt8] = []
        var room = 4096
        while true {
            let chunk = try readSome(fd, named: name, upTo: room)
            if chunk.isEmpty { return content }
            content += chunk
            if content.count > limit { throw SyscallError(call: "read", subject: name, errno: E2BIG) }
            room = min(room * 2, 1 << 20)
        }
    }

    /// One read(2) of at most `count` bytes; empty at the end of the file.
    public static func readSome(_ fd: Int32, named name: String, upTo count: Int) throws(SyscallError) -> [UInt8] {
        var failure = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            var result = unsafe clinux_read(fd, start, count)
            while result == -Int(EINTR) { result = unsafe clinux_read(fd, start, count) }
            failure = min(result, 0)
            used = max(result, 0)
        }
        try checked("read", name, failure)
        return bytes
    }

    /// The text of a small file, undecodable bytes replaced, one trailing newline removed.
    public static func readText(
        _ path: String,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) -> String {
        var bytes = try readBytes(path, at: directory)
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Writes `text` to an existing kernel file (cgroup, procfs) in one write(2), as those files demand.
    public static func writeKernelFile(
        _ path: String,
        _ text: String,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        let file = try open(path, O_WRONLY, at: directory)
        _ = try writeSome(file.number, Array(text.utf8)[...], named: "\(text) to \(path)")
    }

    /// Writes all of `bytes`, however many write(2) calls it takes.
    public static func write(_ fd: Int32, _ bytes: [UInt8], named name: String) throws(SyscallError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(try writeSome(fd, rest, named: name))
        }
    }

    /// Writes all bytes at a place of the file, which must not be shorter; pwrite(2).
    public static func writeAt(_ fd: Int32, _ bytes: [UInt8], offset: Int64, named name: String) throws(SyscallError) {
        try checked("lseek", name, clinux_lseek(fd, offset, SEEK_SET))
        try write(fd, bytes, named: name)
    }

    /// One write(2), made again only when a signal interrupted it before anything was written.
    public static func writeSome(
        _ fd: Int32,
        _ bytes: ArraySlice<UInt8>,
        named name: String
    ) throws(SyscallError) -> Int {
        try checkedRetrying("write", name) {
            unsafe bytes.withUnsafeBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return 0 }
                return unsafe clinux_write(fd, start, buffer.count)
            }
        }
    }

    /// Writes `bytes` at `offset` of a file, in one call where the kernel takes them at once.
    ///
    /// pwrite(2).
    public static func write(
        _ fd: Int32,
        _ bytes: [UInt8],
        at offset: Int64,
        named name: String
    ) throws(SyscallError) {
        var done = 0
        while done < bytes.count {
            done += try checkedRetrying("pwrite", name) {
                unsafe bytes.withUnsafeBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return 0 }
                    return unsafe clinux_pwrite(fd, start + done, buffer.count - done, offset + Int64(done))
                }
            }
        }
    }

    /// Creates or replaces `path` with `bytes` so that a reader sees the old content or the new, never a part.
    ///
    /// `durable`: Wait until the content is on disk before the name points to it.
    public static func replace(
        _ path: String,
        with bytes: [UInt8],
        mode: UInt32 = 0o600,
        durable: Bool = false,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        let temporary = "\(path).new-\(clinux_getpid())"
        do throws(SyscallError) {
            let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode, at: directory)
            try write(file.number, bytes, named: temporary)
            if durable { try checked("fsync", temporary, clinux_fsync(file.number)) }
            try checked("rename", path, unsafe clinux_renameat2(directory, temporary, directory, path, 0))
        } catch {
            _ = unsafe clinux_unlinkat(directory, temporary, 0)
            throw error
        }
    }

    /// Whether `path` exists, without following a final symlink.
    public static func exists(_ path: String, at directory: Int32 = CLINUX_AT_FDCWD) -> Bool {
        (try? status(path, at: directory)) != nil
    }

    /// What stat(2) tells; a final symlink is not followed unless `following` is set.
    public static func status(
        _ path: String,
        following: Bool = false,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) -> FileStatus {
        var raw = stat()
        let flags = (following ? 0 : AT_SYMLINK_NOFOLLOW) | CLINUX_AT_EMPTY_PATH
        try checked("stat", path, unsafe clinux_fstatat(directory, path, &raw, flags))
        return FileStatus(raw)
    }

    /// Makes one directory.
    public static func makeDirectory(
        _ path: String,
        mode: UInt32 = 0o755,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        try checked("mkdir", path, unsafe clinux_mkdirat(directory, path, mode))
    }

    /// Makes `path` and its missing parents; existing directories are left as they are.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SyscallError) {
        do {
            try makeDirectory(path, mode: mode)
        } catch  where error.errno == EEXIST {
            return
        } catch  where error.errno == ENOENT {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw error }
            try makeDirectories(String(path[..<slash]), mode: mode)
            // Once only: some file systems, procfs among them, say ENOENT although the parent is there.
            do { try makeDirectory(path, mode: mode) } catch  where error.errno == EEXIST {}
        }
    }

    /// Removes a file or link.
    public static func remove(_ path: String, at directory: Int32 = CLINUX_AT_FDCWD) throws(SyscallError) {
        try checked("unlink", path, unsafe clinux_unlinkat(directory, path, 0))
    }

    /// Removes an empty directory.
    public static func removeDirectory(_ path: String, at directory: Int32 = CLINUX_AT_FDCWD) throws(SyscallError) {
        try checked("rmdir", path, unsafe clinux_unlinkat(directory, path, AT_REMOVEDIR))
    }

    /// Makes a symbolic link at `path` that points to `target`.
    public static func makeLink(
        _ path: String,
        to target: String,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        try checked("symlink", path, unsafe clinux_symlinkat(target, directory, path))
    }

    /// What the symbolic link at `path` points to.
    public static func readLink(_ path: String, at directory: Int32 = CLINUX_AT_FDCWD) throws(SyscallError) -> String {
        var failure = 0
        let bytes = unsafe [CChar](unsafeUninitializedCapacity: 4096) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            let result = unsafe clinux_readlinkat(directory, path, start, 4096)
            failure = min(result, 0)
            used = max(result, 0)
        }
        try checked("readlink", path, failure)
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Renames; with `replacing: false` an existing `to` is `EEXIST` (renameat2(2), RENAME_NOREPLACE).
    public static func rename(_ from: String, to: String, replacing: Bool = true) throws(SyscallError) {
        let flags: UInt32 = replacing ? 0 : 1
        try checked(
            "rename",
            "\(from) to \(to)",
            unsafe clinux_renameat2(CLINUX_AT_FDCWD, from, CLINUX_AT_FDCWD, to, flags)
        )
    }

    /// The names in a directory, without `.` and `..`, in the order the file system gives them.
    public static func list(_ path: String, at directory: Int32 = CLINUX_AT_FDCWD) throws(SyscallError) -> [String] {
        let folder = try open(path, O_RDONLY | O_DIRECTORY, at: directory)
        return try DirectoryEntries.read(folder.number, named: path).map(\.name)
    }
}

/// The part of struct stat that Bailey uses.
public struct FileStatus: Equatable, Sendable {
    /// Type and permission bits, as in inode(7).
    public let mode: UInt32
    /// Owner in the reader's user namespace.
    public let uid: UInt32
    /// Group in the reader's user namespace.
    public let gid: UInt32
    /// Size in bytes.
    public let size: Int64
    /// The device the file is on.
    public let device: UInt64
    /// For a device node: which device it stands for.
    public let representedDevice: UInt64
    /// The inode number on that device.
    public let inode: UInt64
    /// 512-byte blocks allocated.
    public let blocks: Int64
    /// Modification time in nanoseconds since 1970.
    public let modified: Int64
    /// When content, owner, mode or names last changed, in nanoseconds since 1970; nobody can set it.
    public let changed: Int64

    init(_ raw: stat) {
        mode = raw.st_mode
        uid = raw.st_uid
        gid = raw.st_gid
        size = Int64(raw.st_size)
        device = UInt64(raw.st_dev)
        representedDevice = UInt64(raw.st_rdev)
        inode = UInt64(raw.st_ino)
        blocks = Int64(raw.st_blocks)
        modified = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
        changed = Int64(raw.st_ctim.tv_sec) * 1_000_000_000 + Int64(raw.st_ctim.tv_nsec)
    }

    /// Whether this is a directory.
    public var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    /// Whether this is a regular file.
    public var isRegular: Bool { mode & S_IFMT == S_IFREG }
    /// Whether this is a symbolic link.
    public var isLink: Bool { mode & S_IFMT == S_IFLNK }
    /// Whether this is a character or block device node.
    public var isDevice: Bool { mode & S_IFMT == S_IFCHR || mode & S_IFMT == S_IFBLK }
}

/// Open flags that glibc hides.
public enum OpenFlag {
    /// A descriptor for the place only: no read, no write, no side effect of opening a device.
    ///
    /// open(2), `O_PATH`.
    public static let pathOnly: Int32 = CLINUX_O_PATH
}

/// Device numbers as struct stat has them.
public enum DeviceNumber {
    /// The number of device `major`:`minor`.
    ///
    /// makedev(3).
    public static func make(_ major: UInt32, _ minor: UInt32) -> UInt64 { clinux_makedev(major, minor) }
    /// The major part.
    public static func major(_ device: UInt64) -> UInt32 { clinux_major(device) }
    /// The minor part.
    public static func minor(_ device: UInt64) -> UInt32 { clinux_minor(device) }
}
