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

    /// Makes its name one more name of the open file `source`, in one step; the directory keeps its time.
    ///
    /// `scratch` is an open directory of the same file system in which the link is made first. The name shows the old
    /// file or the new one, at every moment.
    public func become(linkTo source: Int32, by scratch: Int32) throws(SyscallError) {
        let made = "link"
        try checked("link", path, unsafe clinux_linkat(source, "", scratch, made, CLINUX_AT_EMPTY_PATH))
        do throws(SyscallError) {
            let folder = try Files.status("", at: parent)
            try checked("rename", path, unsafe clinux_renameat2(scratch, made, parent, name, 0))
            let (seconds, rest) = folder.modified.quotientAndRemainder(dividingBy: 1_000_000_000)
            try checked("utimensat", path, unsafe clinux_utimens(parent, ".", seconds, rest))
        } catch {
            try? Files.remove(made, at: scratch)
            throw error
        }
    }

    /// What a symbolic link says, with its final zero.
    public func linkTarget() throws(SyscallError) -> [CChar] { try TreeCopy.readLink(name, in: parent) }
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
        // A descriptor of its own: the caller's may have been read to its end.
        let folder = try Files.open(".", O_RDONLY | O_DIRECTORY, at: top)
        try visit(folder.number, [0], name, depth: 0, body)
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
        guard let place = try? open(path, in: top, CLINUX_O_PATH) else { return nil }
        return try? Files.status("", at: place.number)
    }

    /// Opens `path`, from a walk, in another tree, never through a symbolic link and never waiting.
    public static func open(_ path: [CChar], in top: Int32, _ flags: Int32) throws(SyscallError) -> OwnedDescriptor {
        // A link on the way would lead out of the tree: RESOLVE_NO_SYMLINKS and RESOLVE_BENEATH.
        // openat2(2) refuses O_NONBLOCK beside O_PATH, which opens nothing that could wait.
        let all = UInt64(flags | O_NOFOLLOW | (flags & CLINUX_O_PATH == 0 ? O_NONBLOCK : 0))
        let label = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return OwnedDescriptor(
            owning: Int32(try checked("open", label, unsafe clinux_openat2(top, path, all, 0, 0x08 | 0x04)))
        )
    }

    /// Puts overlayfs' mark for "this name is gone" at `path`, from a walk, into a tree that nobody else can reach.
    public static func makeWhiteout(_ path: [CChar], in top: Int32) throws(SyscallError) {
        let label = String(decoding: path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try checked("mknod", label, unsafe clinux_mknodat(top, path, S_IFCHR, 0))
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
