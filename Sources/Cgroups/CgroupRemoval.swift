import Glibc
import LinuxKernel

/// What a removal had to leave behind.
public struct CgroupLeftover: Equatable, Sendable {
    /// The directory that is still there.
    public let path: String
    /// Why the kernel kept it.
    public let cause: SyscallError
    /// Processes in it or below it that SIGKILL has not ended, such as those in an uninterruptible wait.
    public let processes: [Int32]
}

/// Removes groups with everything in them.
public enum CgroupRemoval {
    /// Kills what is left in the groups, removes their directories, nested ones, and parents that became empty.
    ///
    /// All groups are worked on together, so that they wait for the kernel once and not one after the other. A group
    /// without processes costs one rmdir(2) per hierarchy.
    ///
    /// - Parameters:
    ///   - groups: What to remove. Directories that are gone already are fine.
    ///   - timeout: How long to wait for killed processes, µs, for all groups together.
    ///   - parents: Remove parent groups (of tenants, and `bailey` itself) that nobody uses any more.
    /// - Returns: What could not be removed; empty when nothing is left.
    public static func remove(
        _ groups: [ControlGroup],
        timeout: UInt64 = 5_000_000,
        parents: Bool = true
    ) -> [CgroupLeftover] {
        var rest = groups.compactMap { Survivor($0) }
        var backoff = Backoff(microseconds: timeout)
        var round = 0
        while !rest.isEmpty {
            // Signals again now and then: a guest's process may have slipped through a round on v1.
            if round % 8 == 0 { for survivor in rest { CgroupKill.signal(survivor.group) } }
            rest = rest.compactMap { $0.afterRemovingTree() }
            round += 1
            if rest.isEmpty || !backoff.pause() { break }
        }
        releaseParents(of: groups, removing: parents)
        return rest.flatMap(\.leftovers)
    }

    private static func releaseParents(of groups: [ControlGroup], removing: Bool) {
        let directories = groups.flatMap(\.directories)
        // Deepest first over all groups, each once.
        let above = Set(directories.flatMap(\.parents)).sorted { $0.utf8.count > $1.utf8.count }
        // Busy means that others use it: not ours to remove.
        if removing { for parent in above { try? Files.removeDirectory(parent) } }
        let unified = Set(directories.filter { $0.version == .v2 }.flatMap(\.parents))
        MemoryProtection.lower(above.filter { unified.contains($0) && Files.exists($0) })
    }
}

/// A group that has directories left, and why.
private struct Survivor {
    var group: ControlGroup
    var causes: [SyscallError]

    /// nil when removing the directories at once did it.
    init?(_ group: ControlGroup) {
        self.group = group
        causes = []
        removeDirectories()
        if self.group.directories.isEmpty { return nil }
    }

    func afterRemovingTree() -> Survivor? {
        var copy = self
        for directory in copy.group.directories { try? CgroupTree.visit(directory.path, removing: true) }
        copy.removeDirectories()
        return copy.group.directories.isEmpty ? nil : copy
    }

    private mutating func removeDirectories() {
        var kept: [CgroupDirectory] = []
        causes = []
        for directory in group.directories {
            do throws(SyscallError) {
                try Files.removeDirectory(directory.path)
            } catch  where error.errno == ENOENT {
            } catch {
                kept.append(directory)
                causes.append(error)
            }
        }
        group.directories = kept
    }

    var leftovers: [CgroupLeftover] {
        zip(group.directories, causes).map { directory, cause in
            let processes = CgroupProcesses.all(below: directory.path).sorted()
            return CgroupLeftover(path: directory.path, cause: cause, processes: processes)
        }
    }
}
