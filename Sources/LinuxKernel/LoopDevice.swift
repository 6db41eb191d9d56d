import CLinux
import Glibc

/// A block device over a file; loop(4).
public struct LoopDevice: ~Copyable {
    /// The device, open.
    public let device: OwnedDescriptor
    /// Its path in `/dev`.
    public let path: String

    /// The device's descriptor.
    public var number: Int32 { device.number }

    /// Makes a block device of an open file; it goes by itself when the last who has it open or mounted is gone.
    ///
    /// - Returns: The device, open, and its path.
    public static func attach(
        _ file: Int32,
        named name: String
    ) throws(SyscallError) -> LoopDevice {
        let control = try Files.open("/dev/loop-control", O_RDWR)
        while true {
            let number = try checked("ioctl LOOP_CTL_GET_FREE", name, clinux_loop_free(control.number))
            let path = "/dev/loop\(number)"
            let device = try Files.open(path, O_RDWR)
            do throws(SyscallError) {
                try checked("ioctl LOOP_CONFIGURE", name, clinux_loop_configure(device.number, file, 0))
                return LoopDevice(device: device, path: path)
            } catch  where error.errno == EBUSY {
                // Another took it between the two calls.
                continue
            }
        }
    }

    /// The device that shows the file `status` is of, if one does: a second mount of it joins the first one's file system.
    public static func existing(for status: FileStatus) -> LoopDevice? {
        for entry in (try? Files.list("/sys/block")) ?? [] where entry.hasPrefix("loop") {
            guard Files.exists("/sys/block/\(entry)/loop"), let device = try? Files.open("/dev/\(entry)", O_RDWR) else {
                continue
            }
            var (number, inode): (UInt64, UInt64) = (0, 0)
            let result = unsafe clinux_loop_backing(device.number, &number, &inode)
            // The kernel says the device in its inner form; the inode, and that it is Bailey's file, tell enough.
            guard result >= 0, inode == status.inode,
                let path = try? Files.readText("/sys/block/\(entry)/loop/backing_file"),
                let there = try? Files.status(path), there.inode == status.inode, there.device == status.device
            else { continue }
            return LoopDevice(device: device, path: "/dev/\(entry)")
        }
        return nil
    }

    /// Takes the size of the file behind an open device anew.
    public static func takeNewSize(_ device: Int32, named name: String) throws(SyscallError) {
        try checked("ioctl LOOP_SET_CAPACITY", name, clinux_loop_resized(device))
    }

    /// Makes the ext4 that `fd` is on as large as `bytes`, while it is mounted.
    public static func growFileSystem(_ fd: Int32, to bytes: UInt64, named name: String) throws(SyscallError) {
        try checked("ioctl EXT4_IOC_RESIZE_FS", name, clinux_ext4_resize(fd, bytes / 4096))
    }

    /// Mounts the ext4 in the file at `path` on a mount that has no place: whoever holds the descriptor holds it.
    ///
    /// One that is mounted already is joined: both see one file system. The device goes with the last mount of it.
    public static func mount(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        let file = try Files.open(path, O_RDWR | O_NOFOLLOW)
        let loop: LoopDevice
        if let known = existing(for: try Files.status("", at: file.number)) {
            loop = known
        } else {
            loop = try attach(file.number, named: path)
        }
        // What is deleted inside becomes a hole in the file again. New inode tables are holes, which read as zero.
        return try Mounts.make("ext4", options: ["source=\(loop.path)", "discard", "noinit_itable"])
    }
}
