import CLinux
import Glibc

extension Files {
    /// Removes `path` and everything below it, never following a symbolic link.
    ///
    /// A tenant decides how deep and how wide the tree is, so neither recursion nor one descriptor per level would do:
    /// every directory below the first level is renamed up to the top and taken apart there. Two descriptors and
    /// a bounded list of names are all it needs. Names are used as bytes: a tenant may choose what is no text.
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
        for entry in entries where try !removeLeaf(entry, in: folder.number) {
            try flatten(entry, into: folder.number)
            try checked("rmdir", entry.name, unsafe clinux_unlinkat(folder.number, entry.rawName, AT_REMOVEDIR))
        }
        return !entries.isEmpty
    }

    /// Removes a file, link or empty directory; false for a directory with entries.
    private func removeLeaf(_ entry: DirectoryEntry, in folder: Int32) throws(SyscallError) -> Bool {
        let asFile = unsafe clinux_unlinkat(folder, entry.rawName, 0)
        guard asFile == -Int(EISDIR) || asFile == -Int(EPERM) else {
            try checked("unlink", entry.name, asFile)
            return true
        }
        let asDirectory = unsafe clinux_unlinkat(folder, entry.rawName, AT_REMOVEDIR)
        if asDirectory == -Int(ENOTEMPTY) { return false }
        // A file that may not be removed is no directory: then the first answer is the one that tells why.
        try checked("unlink", entry.name, asDirectory == -Int(ENOTDIR) ? asFile : asDirectory)
        return true
    }

    private mutating func flatten(_ directory: DirectoryEntry, into folder: Int32) throws(SyscallError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        while true {
            let fd = try checked("open", directory.name, unsafe clinux_openat(folder, directory.rawName, flags, 0))
            let inner = OwnedDescriptor(owning: Int32(fd))
            let entries = try DirectoryEntries.read(inner.number, named: directory.name, limit: Self.batch)
            if entries.isEmpty { return }
            for entry in entries where try !removeLeaf(entry, in: inner.number) {
                try moveUp(entry, from: inner.number, into: folder)
            }
        }
    }

    private mutating func moveUp(_ entry: DirectoryEntry, from inner: Int32, into folder: Int32) throws(SyscallError) {
        while true {
            moved += 1
            let result = unsafe clinux_renameat2(inner, entry.rawName, folder, ".bailey-removed-\(moved)", 1)
            if result == -Int(EEXIST) { continue }
            // Out of a subvolume of btrfs nothing can be moved: then it is taken apart where it is.
            if result == -Int(EXDEV) { return try removeInPlace(entry, in: inner) }
            try checked("rename", entry.name, result)
            return
        }
    }

    private mutating func removeInPlace(_ entry: DirectoryEntry, in folder: Int32) throws(SyscallError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        while true {
            let fd = try checked("open", entry.name, unsafe clinux_openat(folder, entry.rawName, flags, 0))
            let inner = OwnedDescriptor(owning: Int32(fd))
            let entries = try DirectoryEntries.read(inner.number, named: entry.name, limit: Self.batch)
            if entries.isEmpty { break }
            for below in entries where try !removeLeaf(below, in: inner.number) {
                try flatten(below, into: inner.number)
                try checked("rmdir", below.name, unsafe clinux_unlinkat(inner.number, below.rawName, AT_REMOVEDIR))
            }
        }
        try checked("rmdir", entry.name, unsafe clinux_unlinkat(folder, entry.rawName, AT_REMOVEDIR))
    }
}
