import CLinux
import Glibc

/// Which file system something is on, and how much of it is used; statfs(2).
public struct FileSystemSpace: Equatable, Sendable {
    /// File systems that Bailey treats each in its own way.
    public enum Kind: Equatable, Sendable {
        /// ext4 (and its forebears, which share the number).
        case ext4
        /// XFS.
        case xfs
        /// btrfs.
        case btrfs
        /// overlayfs.
        case overlay
        /// Anything else.
        case other
    }

    /// Which it is.
    public let kind: Kind
    /// All of it, in bytes.
    public let size: UInt64
    /// What is left for users without privileges, in bytes.
    public let available: UInt64
    /// What is used, in bytes.
    public let used: UInt64
    /// How many files there can be; 0 where there is no such bound.
    public let files: UInt64
    /// How many more files there can be.
    public let freeFiles: UInt64

    /// Looks at the file system of an open file; inside a project with a limit ext4 and XFS show the limit.
    public static func of(_ fd: Int32, named name: String) throws(SyscallError) -> FileSystemSpace {
        var raw = clinux_space()
        try checked("fstatfs", name, unsafe clinux_fstatfs(fd, &raw))
        let kind: Kind =
            switch raw.type {
            case 0xEF53: .ext4
            case 0x5846_5342: .xfs
            case 0x9123_683E: .btrfs
            case 0x794C_7630: .overlay
            default: .other
            }
        return FileSystemSpace(
            kind: kind,
            size: raw.blocks &* raw.block_size,
            available: raw.available &* raw.block_size,
            used: (raw.blocks &- raw.free) &* raw.block_size,
            files: raw.files,
            freeFiles: raw.free_files
        )
    }

    /// Writes everything of the file system of an open file to disk; syncfs(2).
    public static func sync(_ fd: Int32, named name: String) throws(SyscallError) {
        // A mount's descriptor names a place only (O_PATH); what is synced has to be open.
        let folder = try Files.open(".", O_RDONLY | O_DIRECTORY, at: fd)
        try checked("syncfs", name, clinux_syncfs(folder.number))
    }
}

extension Files {
    /// Sets the length of an open file; what is new is a hole.
    ///
    /// ftruncate(2).
    public static func truncate(_ fd: Int32, to length: UInt64, named name: String) throws(SyscallError) {
        try checked("ftruncate", name, clinux_ftruncate(fd, Int64(clamping: length)))
    }

    /// Writes an open file, or what a directory lists, to disk; fsync(2).
    public static func sync(_ fd: Int32, named name: String) throws(SyscallError) {
        try checked("fsync", name, clinux_fsync(fd))
    }

    /// The names in a directory; none when it is not there.
    public static func listIfPresent(_ path: String) throws(SyscallError) -> [String] {
        do throws(SyscallError) {
            return try list(path)
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return []
        }
    }
}
