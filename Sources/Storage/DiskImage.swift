import Glibc
import LinuxKernel

/// A file system in a file: what holds a jail to its limit where the host's file system cannot.
///
/// The file is sparse: it takes what the guest has written, and gives back what was deleted (`discard`). It is mounted by
/// the launcher as a mount without a place, so that nothing is left of it when the jail has ended.
public enum DiskImage {
    /// The image of the jail with this state directory.
    public static func path(in stateDirectory: String) -> String { stateDirectory + "/disk.img" }

    private static let blockSize: UInt64 = 4096
    private static let inodeSize: UInt64 = 256
    private static let smallest: UInt64 = 4 << 20

    /// Makes an image in which a guest can keep `limit`, with `upper` and `work` in it.
    ///
    /// It is a little larger than the space asked for: what the file system needs for itself does not count.
    static func make(_ path: String, _ limit: DiskLimit) throws(SyscallError) {
        let temporary = path + ".new"
        let file = try Files.open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW)
        let shape = Shape(limit)
        try Files.truncate(file.number, to: shape.size, named: temporary)
        let scaffold = "\(path).tree"
        try? Files.removeTree(scaffold)
        try Files.makeDirectory(scaffold, mode: 0o755)
        for (name, mode) in [("upper", 0o755), ("work", 0o700)] as [(String, UInt32)] {
            try Files.makeDirectory("\(scaffold)/\(name)", mode: mode)
        }
        try HostProgram.run(
            [
                "mkfs.ext4", "-q", "-F", "-m", "0", "-b", "\(blockSize)", "-I", "\(inodeSize)", "-N", "\(shape.inodes)",
                "-J", "size=\(shape.journal >> 20)", "-O", "^resize_inode", "-L", "bailey", "-d", scaffold, "-E",
                "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=0:0", temporary,
            ]
        )
        try Files.removeTree(scaffold)
        try Files.rename(temporary, to: path)
    }

    /// How large an image is and what its parts are.
    struct Shape {
        let inodes: UInt64
        let journal: UInt64
        let size: UInt64

        init(_ limit: DiskLimit) {
            // Without a limit of its own, the space of the host's file system is all there is; 1 TiB is no promise.
            let space = max(limit.space == 0 ? 1 << 40 : limit.space, smallest)
            // Eleven are the file system's own; root, upper and work are made already.
            inodes = limit.inodes == 0 ? max(1024, space / 16384) : limit.inodes + 16
            journal = min(64 << 20, max(4 << 20, (space / (64 << 20)) << 20))
            let overhead = inodes * inodeSize + journal + space / 128 + (2 << 20)
            size = (space + overhead + blockSize - 1) / blockSize * blockSize
        }
    }

    /// Mounts an image on a mount that has no place: whoever holds the descriptor holds the file system.
    public static func mount(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        try LoopDevice.mount(path)
    }

    /// Copies an image: shared blocks where the file system can, holes kept otherwise.
    public static func copy(_ path: String, to copy: String) throws(SyscallError) {
        let from = try Files.open(path, O_RDONLY | O_NOFOLLOW)
        let parts = copy.split(separator: "/")
        let folder = "/" + parts.dropLast().joined(separator: "/")
        let to = try Files.open(folder, OpenFlag.readOnlyDirectory)
        let temporary = "\(parts.last ?? "image").new"
        try? Files.remove(temporary, at: to.number)
        try TreeCopy.item(from.number, to: to.number, as: temporary)
        try Files.rename("\(folder)/\(temporary)", to: copy)
    }
}
