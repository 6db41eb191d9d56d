import CLinux
import Glibc

extension Files {
    /// Removes `path` and everything below it, never following a symbolic link.
    ///
    /// A tenant decides how deep and how wide the tree is, so neither recursion nor one descriptor per level would do:
    /// every directory below the first level is renamed up to the top and taken apart there. Two descriptors and
    /// a bounded list of names are all it needs.
    ///
    /// - Throws: ``SyscallError`` for the first entry that cannot be removed; what was removed before stays removed.
    public static func removeTree(_ path: String) throws(SyscallError) {
        do throws(SyscallError) {
            try remove(path)
            return
        } catch {
            switch error.errno {
            case ENOENT: return
            case EISDIR, EPERM: break  // A directory: EISDIR on Linux, EPERM by POSIX.
            default: throw error
            }
        }
        var removal = TreeRemoval(top: path)
        while try removal.nextRound() {}
        try removeDirectory(path)
    }
}

private struct TreeRemoval {
    let top: String
    private var moved = 0

    init(top: String) { self.top = top }

    private static let batch = 4096

    /// Removes up to a batch of the top's entries; false when there was none.
    mutating func nextRound() throws(SyscallError) -> Bool {
        let folder = try Files.open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        let entries = try DirectoryEntries.read(folder.number, named: top, limit: Self.batch)
        for entry in entries where try !removeLeaf(entry.name, in: folder.number) {
            try flatten(entry.name, into: folder.number)
            try Files.removeDirectory(entry.name, at: folder.number)
        }
        return !entries.isEmpty
    }

    /// Removes a file, link or empty directory; false for a directory with entries.
    private func removeLeaf(_ name: String, in folder: Int32) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try Files.remove(name, at: folder)
            return true
        } catch where error.errno != EISDIR && error.errno != EPERM {
            throw error
        } catch {}
        do throws(SyscallError) {
            try Files.removeDirectory(name, at: folder)
            return true
        } catch where error.errno == ENOTEMPTY {
            return false
        }
    }

    private mutating func flatten(_ name: String, into folder: Int32) throws(SyscallError) {
        while true {
            let inner = try Files.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: folder)
            let entries = try DirectoryEntries.read(inner.number, named: name, limit: Self.batch)
            if entries.isEmpty { return }
            for entry in entries where try !removeLeaf(entry.name, in: inner.number) {
                try moveUp(entry.name, from: inner.number, into: folder)
            }
        }
    }

    private mutating func moveUp(_ name: String, from inner: Int32, into folder: Int32) throws(SyscallError) {
        while true {
            moved += 1
            let result = unsafe clinux_renameat2(inner, name, folder, ".bailey-removed-\(moved)", 1)
            if result == -Int(EEXIST) { continue }
            try checked("rename", name, result)
            return
        }
    }
}
