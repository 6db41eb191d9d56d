import CLinux
import Glibc

/// How much a group of files uses and may use: a project on ext4 or XFS, a quota group on btrfs.
public struct QuotaUse: Equatable, Sendable {
    /// Bytes in use.
    public let space: UInt64
    /// Most bytes; 0: no limit.
    public let spaceLimit: UInt64
    /// Files and directories in use; 0 where they are not counted.
    public let inodes: UInt64
    /// Most files and directories; 0: no limit.
    public let inodeLimit: UInt64

    /// Makes figures.
    public init(space: UInt64, spaceLimit: UInt64, inodes: UInt64, inodeLimit: UInt64) {
        (self.space, self.spaceLimit, self.inodes, self.inodeLimit) = (space, spaceLimit, inodes, inodeLimit)
    }
}

/// Quotas over projects, which are numbers that files carry whoever owns them: ext4 and XFS, quotactl_fd(2).
///
/// All calls take a descriptor of any file on the file system, so no mount point has to be found, and a file system that
/// is mounted nowhere will do.
public enum ProjectQuota {
    /// Whether the file system of `fd` holds projects to limits.
    ///
    /// ext4 needs the features `quota` and `project` and, to enforce, the mount option `prjquota`; XFS needs `prjquota`.
    public static func isEnforced(on fd: Int32) -> Bool {
        clinux_quota_enforced(fd) == 1
    }

    /// The project that a file is in, and whether a directory hands it down to what is made in it.
    public static func project(
        of fd: Int32,
        named name: String
    ) throws(SyscallError) -> (number: UInt32, inherits: Bool) {
        var (project, inherits): (UInt32, Int32) = (0, 0)
        try checked("ioctl FS_IOC_FSGETXATTR", name, unsafe clinux_project_get(fd, &project, &inherits))
        return (project, inherits != 0)
    }

    /// Puts a file into a project; a directory with `inherits` hands it down, and moves across its border are `EXDEV`.
    ///
    /// Only the initial user namespace may do so: a guest cannot leave its project.
    public static func setProject(
        of fd: Int32,
        to project: UInt32,
        inherits: Bool,
        named name: String
    ) throws(SyscallError) {
        try checked(
            "ioctl FS_IOC_FSSETXATTR",
            name,
            clinux_project_set(fd, project, inherits ? 1 : 0)
        )
    }

    /// What a project uses and may use; all zero for one that nobody has heard of.
    public static func use(of project: UInt32, on fd: Int32, named name: String) throws(SyscallError) -> QuotaUse {
        var raw = clinux_quota()
        do throws(SyscallError) {
            try checked("quotactl Q_GETQUOTA", name, unsafe clinux_quota_get(fd, project, &raw))
        } catch  where error.errno == ENOENT {
            // XFS has no record before the first file.
        }
        return QuotaUse(
            space: raw.space_used,
            spaceLimit: raw.space_limit,
            inodes: raw.inode_used,
            inodeLimit: raw.inode_limit
        )
    }

    /// Sets a project's hard limits; 0 is none.
    ///
    /// Bytes are rounded up to whole KiB.
    public static func setLimits(
        of project: UInt32,
        space: UInt64,
        inodes: UInt64,
        on fd: Int32,
        named name: String
    ) throws(SyscallError) {
        try checked("quotactl Q_SETQUOTA", name, clinux_quota_set(fd, project, space, inodes))
    }
}
