import Glibc
import LinuxKernel

/// What scans of one tree have read, so that the next one reads only files that changed.
///
/// A file is taken for unchanged when inode, size and change time are the same, and the change was well before the scan
/// that read it: the kernel's clock ticks in milliseconds, and only time that has passed tells two changes apart.
struct ScanMemory {
    private struct Known {
        let inode: UInt64
        let changed: Int64
        let entry: TreeEntry
    }

    private static let margin: Int64 = 1_000_000_000
    private var known: [TreePath: Known] = [:]
    private var begin: Int64 = 0

    /// A scan begins.
    mutating func start() { begin = Events.now(CLOCK_REALTIME) - Self.margin }

    /// What is known of a file, if it is as it was.
    func entry(_ path: TreePath, _ status: FileStatus) -> TreeEntry? {
        guard let file = known[path], file.inode == status.inode, file.changed == status.changed,
            file.entry.kind.fileSize == status.size
        else { return nil }
        return file.entry
    }

    /// Notes what a file was.
    mutating func note(_ path: TreePath, _ status: FileStatus, _ entry: TreeEntry) {
        known[path] = status.changed < begin ? Known(inode: status.inode, changed: status.changed, entry: entry) : nil
    }
}
