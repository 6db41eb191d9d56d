import CLinux
import Glibc

/// What kind of file system a path is on.
///
/// statfs(2).
public enum FileSystems {
    private static let tmpfs: Int64 = 0x0102_1994
    private static let ramfs: Int64 = 0x8584_58f6

    /// Whether what is at `path` is kept in memory and gone after a reboot; false where that cannot be found out.
    public static func isInMemory(_ path: String) -> Bool {
        var type: Int64 = 0
        var (blockSize, blocks, available): (UInt64, UInt64, UInt64) = (0, 0, 0)
        guard unsafe clinux_statfs(path, &type, &blockSize, &blocks, &available) >= 0 else { return false }
        return type == tmpfs || type == ramfs
    }
}
