import Glibc
import LinuxKernel
import Testing

@testable import Storage

/// A real file system on a loop device, mounted for one test and gone with it.
final class LoopFileSystem {
    enum Kind: String, CaseIterable, Sendable {
        case ext4, xfs, btrfs
    }

    let path: String
    private let image: String

    /// Makes it; the file is sparse, so its size costs nothing.
    init(_ kind: Kind, megabytes: UInt64 = 512) throws {
        let base = "/tmp/bailey-storage-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        (path, image) = (base, base + ".img")
        try Files.makeDirectory(path, mode: 0o755)
        let file = try Files.open(image, O_RDWR | O_CREAT | O_EXCL)
        try Files.truncate(file.number, to: megabytes << 20, named: image)
        switch kind {
        case .ext4: try HostProgram.run(["mkfs.ext4", "-q", "-F", image])
        case .xfs: try HostProgram.run(["mkfs.xfs", "-q", image])
        case .btrfs: try HostProgram.run(["mkfs.btrfs", "-q", image])
        }
        try HostProgram.run(["mount", "-o", "loop", image, path])
        if kind == .btrfs { try HostProgram.run(["btrfs", "quota", "enable", path]) }
    }

    deinit {
        try? HostProgram.run(["umount", path])
        try? Files.removeTree(path)
        try? Files.remove(image)
    }

    /// A layout of Bailey's on it, with a jail's state directory.
    func layout(jail: String = "web1") throws -> StateLayout {
        let layout = StateLayout(root: path)
        try Files.makeDirectories(layout.stateDirectory(jail), mode: 0o700)
        return layout
    }

    static func has(_ kind: Kind) -> Bool {
        geteuid() == 0 && HostProgram.find("mkfs.\(kind.rawValue)") != nil && Files.exists("/dev/loop-control")
            && ((try? Files.readText("/proc/filesystems")) ?? "").contains(kind.rawValue)
    }
}

/// Writes `megabytes` of data that no file system can squeeze; the errno that stopped it, 0 when nothing did.
func fill(_ path: String, megabytes: Int, at folder: Int32 = AT_FDCWD) -> Int32 {
    do throws(SyscallError) {
        let file = try Files.open(path, O_WRONLY | O_CREAT | O_TRUNC, at: folder)
        let block = (0..<1 << 20).map { _ in UInt8.random(in: 0...255) }
        for _ in 0..<megabytes { try Files.write(file.number, block, named: path) }
        try Files.sync(file.number, named: path)
        return 0
    } catch {
        return error.errno
    }
}
