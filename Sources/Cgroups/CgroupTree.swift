import Glibc
import LinuxKernel

/// Walks a cgroup and what a guest made below it, children before parents.
///
/// A guest that may make cgroups can nest them thousands deep, beyond any path length, stack or descriptor table. So
/// the walk holds one open directory, goes down by name and up by `..`, and keeps names on the heap. `..` is safe here:
/// cgroups cannot be moved to another parent.
struct CgroupTree {
    static let directoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
    static let directoryType: UInt8 = 4

    /// At most so many directories are looked at in one walk.
    static let limit = 100_000

    private struct Level {
        var name: String
        var pending: [String]
    }

    private var levels: [Level] = []
    private var seen = 0

    /// Calls `visit` with each directory open.
    ///
    /// Directories that vanish meanwhile are skipped.
    ///
    /// - Parameters:
    ///   - top: The directory to begin with, absolute.
    ///   - removing: Remove each directory but the top one after its visit; one that is busy stays.
    ///   - visit: Gets the open directory, valid during the call.
    /// - Throws: ``SyscallError`` when the top or the way back cannot be opened, or `E2BIG` beyond ``limit``.
    static func visit(
        _ top: String,
        removing: Bool = false,
        _ visit: (Int32) -> Void = { _ in }
    ) throws(SyscallError) {
        var tree = CgroupTree()
        try tree.walk(top, removing: removing, visit)
    }

    private mutating func walk(_ top: String, removing: Bool, _ visit: (Int32) -> Void) throws(SyscallError) {
        var current = try Files.open(top, Self.directoryFlags)
        try enter(top, current.number)
        while let deepest = levels.indices.last {
            if let child = levels[deepest].pending.popLast() {
                guard let next = try open(child, at: current.number) else { continue }
                current = next
                try enter(child, current.number)
                continue
            }
            visit(current.number)
            let name = levels.removeLast().name
            if levels.isEmpty { return }
            current = try Files.open("..", Self.directoryFlags, at: current.number)
            // Busy ones stay: their processes have not ended yet, and the caller comes back.
            if removing { try? Files.removeDirectory(name, at: current.number) }
        }
    }

    private func open(_ child: String, at parent: Int32) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try Files.open(child, Self.directoryFlags, at: parent)
        } catch  where error.errno == ENOENT || error.errno == ENODEV {
            return nil
        }
    }

    private mutating func enter(_ name: String, _ fd: Int32) throws(SyscallError) {
        seen += 1
        if seen > Self.limit { throw SyscallError(call: "getdents64", subject: name, errno: E2BIG) }
        let entries = try DirectoryEntries.read(fd, named: name)
        levels.append(Level(name: name, pending: entries.filter { $0.type == Self.directoryType }.map(\.name)))
    }
}
