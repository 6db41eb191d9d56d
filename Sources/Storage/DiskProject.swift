import Glibc
import LinuxKernel

/// Projects of jails: numbers that nobody has to keep a list of.
///
/// A jail's project comes from the inode number of its state directory, which no other jail has while it exists. The
/// upper half of the numbers is Bailey's, since people and docker count from 1.
enum DiskProject {
    private static let first: UInt32 = 0x8000_0000

    /// Puts an empty directory into a project of its own, with this limit.
    ///
    /// A number may still be in use by layers of a jail that was removed. So a project must be empty to be taken, and
    /// a lock orders those who look: after it, the directory itself counts.
    static func assign(
        _ directory: String,
        stateDirectory: String,
        _ limit: DiskLimit
    ) throws(SyscallError) {
        let parent = String(stateDirectory[..<(stateDirectory.lastIndex(of: "/") ?? stateDirectory.endIndex)])
        let lock = try Files.open(parent, OpenFlag.readOnlyDirectory)
        _ = try FileLock.take(lock.number, named: parent, wait: true)
        let folder = try Files.open(directory, OpenFlag.readOnlyDirectory)
        let inode = try Files.status(stateDirectory).inode
        for attempt in 0..<4096 as Range<UInt64> {
            let project = first | UInt32(truncatingIfNeeded: (inode &+ attempt) & 0x7FFF_FFFE)
            let use = try ProjectQuota.use(of: project, on: folder.number, named: directory)
            guard use.space == 0, use.inodes == 0 else { continue }
            try ProjectQuota.setLimits(
                of: project,
                space: limit.space,
                inodes: limit.inodes,
                on: folder.number,
                named: directory
            )
            return try ProjectQuota.setProject(of: folder.number, to: project, inherits: true, named: directory)
        }
        throw SyscallError(call: "quotactl", subject: "a free project for \(directory)", errno: ENOSPC)
    }

    /// The project that an open directory hands down; nil when it is in none of Bailey's.
    static func of(_ fd: Int32) -> UInt32? {
        guard let mark = try? ProjectQuota.project(of: fd, named: "project"), mark.inherits, mark.number >= first else {
            return nil
        }
        return mark.number
    }
}
