import CLinux
import Glibc

/// Subvolumes of btrfs and the quota groups over them; btrfs-ioctl(2), btrfs-quota(8).
public enum Btrfs {
    /// Whether `status` is of a subvolume's top directory.
    public static func isSubvolume(_ status: FileStatus) -> Bool { status.isDirectory && status.inode == 256 }

    /// Makes an empty subvolume in an open directory.
    public static func makeSubvolume(_ name: String, in directory: Int32) throws(SyscallError) {
        try checked(
            "ioctl BTRFS_IOC_SUBVOL_CREATE",
            name,
            unsafe clinux_btrfs_subvolume_create(directory, name)
        )
    }

    /// Makes a writable snapshot of the subvolume `source` in an open directory: in one step, whatever its size.
    public static func snapshot(_ source: Int32, as name: String, in directory: Int32) throws(SyscallError) {
        try checked("ioctl BTRFS_IOC_SNAP_CREATE_V2", name, unsafe clinux_btrfs_snapshot(directory, name, source))
    }

    /// Removes a subvolume with everything in it.
    public static func removeSubvolume(_ name: String, in directory: Int32) throws(SyscallError) {
        try checked(
            "ioctl BTRFS_IOC_SNAP_DESTROY",
            name,
            unsafe clinux_btrfs_subvolume_delete(directory, name)
        )
    }

    /// The number of the subvolume that an open file is in.
    public static func subvolume(of fd: Int32, named name: String) throws(SyscallError) -> UInt64 {
        var number: UInt64 = 0
        try checked("ioctl BTRFS_IOC_INO_LOOKUP", name, unsafe clinux_btrfs_subvolume_id(fd, &number))
        return number
    }

    /// The quota group with `number` on level 1: those on level 0 belong to one subvolume each.
    public static func group(_ number: UInt64) -> UInt64 { 1 << 48 | (number & (1 << 48 - 1)) }

    /// Whether the file system counts and limits: group 0/5, of the topmost subvolume, exists exactly then.
    public static func hasQuotas(on fd: Int32) -> Bool {
        (try? use(of: 5, on: fd, named: "quota group 0/5")) != nil
    }

    /// Makes a quota group, or leaves the one that is there.
    public static func makeGroup(_ group: UInt64, on fd: Int32, named name: String) throws(SyscallError) {
        do throws(SyscallError) {
            try checked("ioctl BTRFS_IOC_QGROUP_CREATE", name, clinux_btrfs_qgroup_create(fd, group, 1))
        } catch  where error.errno == EEXIST {}
    }

    /// Removes a quota group that no subvolume is in any more.
    public static func removeGroup(_ group: UInt64, on fd: Int32, named name: String) throws(SyscallError) {
        try checked("ioctl BTRFS_IOC_QGROUP_CREATE (remove)", name, clinux_btrfs_qgroup_create(fd, group, 0))
    }

    /// Puts a subvolume into a group: what it uses counts there too.
    public static func assign(
        _ subvolume: UInt64,
        to group: UInt64,
        on fd: Int32,
        named name: String
    ) throws(SyscallError) {
        do throws(SyscallError) {
            // 1: it was done and the counts must be scanned anew, which an empty or just copied subvolume need not wait for.
            try checked("ioctl BTRFS_IOC_QGROUP_ASSIGN", name, clinux_btrfs_qgroup_assign(fd, subvolume, group, 1))
        } catch  where error.errno == EEXIST {}
    }

    /// Sets the most bytes a group may reference; 0 is no limit.
    public static func setLimit(
        of group: UInt64,
        space: UInt64,
        on fd: Int32,
        named name: String
    ) throws(SyscallError) {
        try checked("ioctl BTRFS_IOC_QGROUP_LIMIT", name, clinux_btrfs_qgroup_limit(fd, group, space))
    }

    /// What a group references and may reference.
    public static func use(of group: UInt64, on fd: Int32, named name: String) throws(SyscallError) -> QuotaUse {
        var (used, limit): (UInt64, UInt64) = (0, 0)
        try checked(
            "ioctl BTRFS_IOC_TREE_SEARCH",
            name,
            unsafe clinux_btrfs_qgroup_usage(fd, group, &used, &limit)
        )
        return QuotaUse(space: used, spaceLimit: limit, inodes: 0, inodeLimit: 0)
    }
}
