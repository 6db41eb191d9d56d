import CLinux
import Glibc

/// Paths inside a directory that a tenant may have filled with anything.
///
/// Every look-up is one openat2(2) with `RESOLVE_IN_ROOT`: absolute links and `..` stay inside, magic links of procfs
/// are refused, and no other process can swap a part of the path between check and use.
public struct BeneathRoot: Sendable {
    /// The directory that is `/` for every path.
    public let root: Int32

    private static let inRoot: UInt64 = 0x10
    private static let noMagicLinks: UInt64 = 0x02
    private static let noLinks: UInt64 = 0x04

    /// Looks paths up below the open directory `root`, which stays the caller's.
    public init(_ root: Int32) {
        self.root = root
    }

    /// Opens `path`; with `linkFree` any symbolic link on the way is `ELOOP`.
    public func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0,
        linkFree: Bool = false
    ) throws(SyscallError) -> OwnedDescriptor {
        let resolve = Self.inRoot | (linkFree ? Self.noLinks : Self.noMagicLinks)
        var tries = 0
        let fd = try checkedRetrying("openat2", path) {
            // A rename or mount anywhere may make the kernel unsure whether `..` escaped: it says EAGAIN. Nobody can keep
            // that up for thousands of tries, and nobody shall make this loop for ever.
            let result = unsafe clinux_openat2(root, path, UInt64(flags), UInt64(mode), resolve)
            tries += 1
            return result == -Int(EAGAIN) && tries < 10_000 ? -Int(EINTR) : result
        }
        return OwnedDescriptor(owning: Int32(fd))
    }

    /// A descriptor to mount on: a directory for `directory`, else a file; made with its parents when missing.
    ///
    /// A link to a file that is not there, as Debian's /etc/resolv.conf is until something runs, has its target made:
    /// inside the root, wherever the link says.
    public func openTarget(
        _ path: String,
        directory: Bool,
        linkFree: Bool = false
    ) throws(SyscallError) -> OwnedDescriptor {
        do throws(SyscallError) {
            let target = try open(path, CLINUX_O_PATH, linkFree: linkFree)
            let isDirectory = try Files.status("", at: target.number).isDirectory
            guard isDirectory == directory else {
                throw SyscallError(call: "open", subject: path, errno: directory ? ENOTDIR : EISDIR)
            }
            return target
        } catch  where error.errno == ENOENT {
            try directory ? makeDirectories(path, linkFree: linkFree) : makeFile(path, linkFree: linkFree)
            return try open(path, CLINUX_O_PATH, linkFree: linkFree)
        }
    }

    /// Makes a directory and its missing parents; what exists stays as it is.
    public func makeDirectories(_ path: String, mode: UInt32 = 0o755, linkFree: Bool = false) throws(SyscallError) {
        let parts = Self.split(path)
        let parent: OwnedDescriptor
        do throws(SyscallError) {
            parent = try open(parts.parent, CLINUX_O_PATH | O_DIRECTORY, linkFree: linkFree)
        } catch  where error.errno == ENOENT && parts.parent != "/" {
            try makeDirectories(parts.parent, linkFree: linkFree)
            return try makeDirectories(path, mode: mode, linkFree: linkFree)
        }
        do throws(SyscallError) {
            try checked("mkdir", path, unsafe clinux_mkdirat(parent.number, parts.name, mode))
        } catch  where error.errno == EEXIST {
            // A link that points nowhere exists and yet cannot be opened: refusing is all that is safe.
            _ = try open(path, CLINUX_O_PATH | O_DIRECTORY, linkFree: linkFree)
        }
    }

    /// As many as the kernel follows in one look-up; path_resolution(7).
    private static let mostLinks = 40

    private func makeFile(_ path: String, linkFree: Bool, links: Int = mostLinks) throws(SyscallError) {
        let parts = Self.split(path)
        if parts.parent != "/" { try makeDirectories(parts.parent, linkFree: linkFree) }
        let parent = try open(parts.parent, CLINUX_O_PATH | O_DIRECTORY, linkFree: linkFree)
        do throws(SyscallError) {
            _ = try Files.open(parts.name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o644, at: parent.number)
        } catch  where error.errno == EEXIST && !linkFree {
            guard links > 0 else { throw SyscallError(call: "open", subject: path, errno: ELOOP) }
            let target = try Files.readLink(parts.name, at: parent.number)
            // The text only says where to look: each directory on the way is looked up inside the root again.
            let place = target.hasPrefix("/") ? target : parts.parent + "/" + target
            try makeFile(place, linkFree: false, links: links - 1)
        }
    }

    /// Makes a symbolic link; an existing name is `EEXIST`.
    public func makeLink(_ path: String, to target: String) throws(SyscallError) {
        let parts = Self.split(path)
        let parent = try open(parts.parent, CLINUX_O_PATH | O_DIRECTORY)
        try Files.makeLink(parts.name, to: target, at: parent.number)
    }

    private static func split(_ path: String) -> (parent: String, name: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true)
        return ("/" + parts.dropLast().joined(separator: "/"), String(parts.last ?? "."))
    }
}
