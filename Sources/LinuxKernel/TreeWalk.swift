import CLinux
import Glibc

/// One entry of a tree that is walked.
public struct WalkedEntry: ~Copyable {
    /// The path from the top, undecodable bytes replaced: for people.
    public let path: String
    /// The path from the top as the kernel has it, with its final zero.
    public let rawPath: [CChar]
    /// What it is.
    public let status: FileStatus
    /// How many names it has.
    public let links: UInt64
    private let parent: Int32
    private let name: [CChar]

    fileprivate init(_ path: [CChar], _ raw: stat, in parent: Int32, _ name: [CChar]) {
        self.path = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        rawPath = path
        status = FileStatus(raw)
        links = UInt64(raw.st_nlink)
        self.parent = parent
        self.name = name
    }

    /// Opens it, never through a symbolic link and never waiting for a FIFO's other end.
    public func open(_ flags: Int32) throws(SyscallError) -> OwnedDescriptor {
        let all = flags | O_NOFOLLOW | O_NONBLOCK
        return OwnedDescriptor(
            owning: Int32(try checked("open", path, unsafe clinux_openat(parent, name, all, 0)))
        )
    }

    /// Takes its name away.
    public func remove() throws(SyscallError) {
        try checked("unlink", path, unsafe clinux_unlinkat(parent, name, 0))
    }

    /// Puts the open file of `other`, which is in the same directory tree, in its place, in one step.
    public func replace(with other: String) throws(SyscallError) {
        try checked("rename", path, unsafe clinux_renameat2(parent, other, parent, name, 0))
    }

    /// Opens a new file beside it.
    public func makeBeside(_ other: String) throws(SyscallError) -> OwnedDescriptor {
        try Files.open(other, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, at: parent)
    }

    /// Removes a file beside it.
    public func removeBeside(_ other: String) throws(SyscallError) {
        try Files.remove(other, at: parent)
    }
}

/// Looks at every entry of a tree that a tenant may have filled with anything, directories before what is in them.
///
/// Each level is opened relative to the one above and no symbolic link is followed.
public enum TreeWalk {
    // As TreeCopy: every level holds a descriptor.
    private static let deepest = 512

    /// Calls `body` for each entry below the open directory `top`; it says of a directory whether to go in.
    public static func visit(
        _ top: Int32,
        named name: String,
        _ body: (borrowing WalkedEntry) throws(SyscallError) -> Bool
    ) throws(SyscallError) {
        try visit(top, [0], name, depth: 0, body)
    }

    private static func visit(
        _ folder: Int32,
        _ path: [CChar],
        _ label: String,
        depth: Int,
        _ body: (borrowing WalkedEntry) throws(SyscallError) -> Bool
    ) throws(SyscallError) {
        guard depth < deepest else { throw SyscallError(call: "walk", subject: "\(label) (too deep)", errno: ELOOP) }
        for entry in try DirectoryEntries.read(folder, named: label) {
            var raw = stat()
            let result = unsafe clinux_fstatat(folder, entry.rawName, &raw, AT_SYMLINK_NOFOLLOW)
            // Gone meanwhile, in a tree that is in use.
            if result == -Int(ENOENT) { continue }
            try checked("stat", entry.name, result)
            let inner = (path == [0] ? [] : path.dropLast() + [47]) + entry.rawName
            let walked = WalkedEntry(inner, raw, in: folder, entry.rawName)
            let goesIn = try body(walked)
            guard goesIn, walked.status.isDirectory else { continue }
            let next = try walked.open(O_RDONLY | O_DIRECTORY)
            try visit(next.number, inner, walked.path, depth: depth + 1, body)
        }
    }

    /// What `path`, from a walk, is in another tree; nil when it is not there.
    public static func status(of path: [CChar], in top: Int32) -> FileStatus? {
        // A link on the way would lead out of the tree: RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH.
        let flags = UInt64(CLINUX_O_PATH | O_NOFOLLOW)
        let fd = unsafe clinux_openat2(top, path, flags, 0, 0x08 | 0x04)
        guard fd >= 0 else { return nil }
        let place = OwnedDescriptor(owning: Int32(fd))
        return try? Files.status("", at: place.number)
    }
}

extension Files {
    /// Makes this process create files as another user while it keeps its own privileges.
    ///
    /// - Precondition: Single-threaded, root. setfsuid(2).
    public static func create(asUser uid: UInt32, group gid: UInt32) throws(SyscallError) {
        try checked("setfsuid", "\(uid)", clinux_create_as(uid, gid))
    }
}
