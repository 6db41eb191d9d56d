import CLinux
import Glibc

extension Mounts {
    /// Sets and clears `MOUNT_ATTR_*` bits and the propagation (`MS_SHARED`, …; 0 leaves it) of a mount.
    ///
    /// mount_setattr(2).
    public static func change(
        _ mount: Int32,
        set: UInt64 = 0,
        clear: UInt64 = 0,
        propagation: UInt64 = 0,
        recursive: Bool = false,
        named name: String
    ) throws(SyscallError) {
        let flags: UInt32 = 0x1000 | (recursive ? 0x8000 : 0)
        try checked(
            "mount_setattr",
            name,
            unsafe clinux_mount_setattr(mount, "", flags, set, clear, propagation, -1)
        )
    }

    /// Mounts a file system with mount(2) on the place that `target` is a descriptor of.
    ///
    /// The call of old, because OCI configurations are written for it: options that the kernel does not know as flags go
    /// to the file system as one text of any length, where fsconfig(2) takes at most 255 bytes a value.
    public static func mount(
        _ type: String,
        source: String,
        on target: Int32,
        flags: UInt,
        data: String,
        named name: String
    ) throws(SyscallError) {
        let place = "/proc/self/fd/\(target)"
        let result: Int
        if data.isEmpty {
            result = unsafe clinux_mount(source, place, type, flags, nil)
        } else {
            result = unsafe clinux_mount(source, place, type, flags, data)
        }
        try checked("mount", name, result)
    }

    /// Puts a mount on the root directory of the mount behind `target` as well, where a path cannot name the place.
    public static func attach(_ mount: Int32, overPath path: String) throws(SyscallError) {
        try checked("move_mount", path, unsafe clinux_move_mount(mount, "", CLINUX_AT_FDCWD, path, 0x4))
    }

    /// Makes the mount behind `root` the caller's `/` without pivot_root(2), for roots that it refuses (initramfs).
    ///
    /// - Throws: ``SyscallError``; the process is then between two roots and must exit.
    public static func moveToRoot(_ root: Int32) throws(SyscallError) {
        try checked("fchdir", "new root", clinux_fchdir(root))
        try checked("mount MS_MOVE", "new root", unsafe clinux_mount(".", "/", nil, 0x2000, nil))
        try checked("chroot", ".", unsafe clinux_chroot("."))
        try checked("chdir", "/", unsafe clinux_chdir("/"))
    }

    /// Makes the directory behind `root` the caller's `/`; only for a container that shares the mount namespace.
    public static func changeRoot(to root: Int32) throws(SyscallError) {
        try checked("fchdir", "new root", clinux_fchdir(root))
        try checked("chroot", ".", unsafe clinux_chroot("."))
        try checked("chdir", "/", unsafe clinux_chdir("/"))
    }

    /// Unmounts `path` of the container's own mount namespace, lazily.
    public static func detachHere(_ path: String) throws(SyscallError) {
        try checked("umount2", path, unsafe clinux_umount2(path, 2))
    }
}
