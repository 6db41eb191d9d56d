import Glibc
import LinuxKernel

/// Directories as ext4 images, made by mke2fs(8) without a mount.
struct DiskImages {
    let places: MachinePlaces

    /// The image of a layer, by its digest; made once and never changed.
    func image(of directory: String, digest: String) throws(HypervisorError) -> String {
        let path = "\(places.images)/\(digest).ext4"
        if Files.exists(path) { return path }
        let lock = try attempting("locking \(places.images)") { () throws(SyscallError) in
            let lock = try Files.open("\(places.images)/.lock", O_RDWR | O_CREAT, mode: 0o600)
            _ = try FileLock.take(lock.number, named: "the store of images", wait: true)
            return lock
        }
        defer { _ = lock.number }
        if Files.exists(path) { return path }
        let new = "\(places.images)/.new-\(digest)"
        try make(new, from: directory, spare: 0)
        try attempting("keeping the image of \(digest)") { () throws(SyscallError) in try Files.rename(new, to: path) }
        return path
    }

    /// A disk that the guest writes to: an empty upper layer, as a sparse file of `bytes`.
    func makeWritable(_ path: String, bytes: UInt64) throws(HypervisorError) {
        let skeleton = path + ".skeleton"
        try attempting("making \(skeleton)") { () throws(SyscallError) in
            try Files.makeDirectory(skeleton, mode: 0o755)
            try Files.makeDirectory(skeleton + "/upper", mode: 0o755)
            try Files.makeDirectory(skeleton + "/work", mode: 0o700)
        }
        defer { try? Files.removeTree(skeleton) }
        try run(path, from: skeleton, bytes: bytes, options: ["-O", "^resize_inode"])
    }

    /// An image that holds a directory as it is now.
    func make(_ path: String, from directory: String, spare: UInt64) throws(HypervisorError) {
        let size = try attempting("measuring \(directory)") { () throws(SyscallError) in try TreeSize(directory) }
        // Inodes and tables of an ext4 file system, with room: the file is sparse, so room costs nothing.
        let bytes = size.bytes + size.bytes / 8 + size.entries * 1024 + spare + 32 << 20
        try run(
            path,
            from: directory,
            bytes: bytes,
            options: ["-O", "^has_journal,^resize_inode", "-N", "\(size.entries + 1024)", "-m", "0"]
        )
    }

    private func run(_ path: String, from directory: String, bytes: UInt64, options: [String]) throws(HypervisorError) {
        guard let program = HostProgram.find("mke2fs") else {
            throw .refused("making a disk: this host has no mke2fs: apt-get install e2fsprogs")
        }
        try attempting("making \(path)") { () throws(SyscallError) in
            if Files.exists(path) { try Files.remove(path) }
            try Files.replace(path, with: [], mode: 0o600)
        }
        try HostProgram(
            path: program,
            arguments: ["-q", "-F", "-t", "ext4", "-E", "root_owner=0:0,lazy_itable_init=1"] + options
                + ["-d", directory, path, "\((bytes + 1023) / 1024)k"]
        ).succeed("making the disk \(path)")
    }
}

/// What a directory tree needs on a disk.
private struct TreeSize {
    private(set) var bytes: UInt64 = 0
    private(set) var entries: UInt64 = 0

    init(_ directory: String) throws(SyscallError) {
        let folder = try Files.open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try visit(folder.number, directory)
    }

    private mutating func visit(_ folder: Int32, _ name: String) throws(SyscallError) {
        for entry in try DirectoryEntries.read(folder, named: name) {
            entries += 1
            let status = try Files.status(entry.name, at: folder)
            // Each file in whole blocks, and a directory at least one.
            bytes += (UInt64(max(0, status.size)) + 4095) / 4096 * 4096
            if status.isDirectory {
                let inner = try Files.open(entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: folder)
                try visit(inner.number, entry.name)
            }
        }
    }
}
