import Glibc
import LinuxKernel

/// Writing below the root of a tree. What a new entry replaces is removed first, never written through.
extension RootedTree {
    /// A new regular file for writing, with owner and mode set; what was at `path` is gone.
    func create(_ path: String, uid: UInt32, gid: UInt32, mode: UInt32) throws(SyscallError) -> OwnedDescriptor {
        let host = try hostPath(path, makingParents: true)
        try clear(host)
        let file = try Files.open(host, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        try RawFiles.setOwner(file.number, uid: uid, gid: gid, mode: mode, named: path)
        return file
    }

    /// Writes a whole file.
    func write(
        _ path: String,
        _ bytes: [UInt8],
        uid: UInt32 = 0,
        gid: UInt32 = 0,
        mode: UInt32 = 0o644
    ) throws(SyscallError) {
        let file = try create(path, uid: uid, gid: gid, mode: mode)
        try Files.write(file.number, bytes, named: path)
        try file.close()
    }

    /// A directory with owner and mode set.
    ///
    /// One that is there stays with its content, and so does a symlink to one (`/bin` of a merged `/usr`); anything
    /// else is replaced.
    func makeDirectory(_ path: String, uid: UInt32, gid: UInt32, mode: UInt32) throws(SyscallError) {
        var host = try hostPath(path, makingParents: true)
        if let target = try? followed(path), let status = try? Files.status(target), status.isDirectory {
            host = target
        }
        if let status = try? Files.status(host), !status.isDirectory { try clear(host) }
        if !Files.exists(host) { try Files.makeDirectory(host) }
        let folder = try Files.open(host, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try RawFiles.setOwner(folder.number, uid: uid, gid: gid, mode: mode, named: path)
    }

    /// A symlink, whose target is only a text here.
    func makeLink(_ path: String, to target: String, uid: UInt32 = 0, gid: UInt32 = 0) throws(SyscallError) {
        let host = try hostPath(path, makingParents: true)
        try clear(host)
        try Files.makeLink(host, to: target)
        try RawFiles.setLinkOwner(host, uid: uid, gid: gid)
    }

    /// A hard link to a regular file of the tree.
    func makeHardLink(_ path: String, to existing: String) throws(SyscallError) {
        let source = try hostPath(existing)
        guard try Files.status(source).isRegular else {
            throw SyscallError(call: "linkat", subject: existing, errno: EPERM)
        }
        let host = try hostPath(path, makingParents: true)
        if host == source { return }
        try clear(host)
        try RawFiles.hardLink(source, to: host)
    }

    /// A FIFO.
    func makeFIFO(_ path: String, uid: UInt32, gid: UInt32, mode: UInt32) throws(SyscallError) {
        let host = try hostPath(path, makingParents: true)
        try clear(host)
        try RawFiles.makeFIFO(host, mode: mode & 0o777)
        try RawFiles.setLinkOwner(host, uid: uid, gid: gid)
    }

    private func clear(_ host: String) throws(SyscallError) {
        if host == root { throw SyscallError(call: "replace", subject: "the root directory", errno: EINVAL) }
        if let status = try? Files.status(host), status.isDirectory {
            // An archive or step that puts a file where a directory with content is means something else.
            try Files.removeDirectory(host)
        } else if Files.exists(host) {
            try Files.remove(host)
        }
    }
}
