import CLinux
import Glibc

/// What only the first process of a machine does.
///
/// - Precondition: PID 1 in the first namespaces, with every capability: in a virtual machine, never in a jail.
public enum BareMachine {
    /// Loads a module; one that is there already is fine.
    ///
    /// finit_module(2).
    public static func loadModule(_ path: String) throws(SyscallError) {
        let file = try Files.open(path, O_RDONLY)
        let result = unsafe clinux_finit_module(file.number, "", 0)
        if result == -Int(EEXIST) { return }
        try checked("finit_module", path, result)
    }

    /// Makes a mount that is nowhere yet the root of this process and of everything it starts.
    ///
    /// The first root file system (rootfs) can be neither moved nor unmounted, so the new root is laid over it, as
    /// switch_root(8) does; initramfs programs that are not needed any more stay beneath.
    ///
    /// - Throws: ``SyscallError``; the process is then between two roots and must end.
    public static func enterRoot(_ mount: Int32) throws(SyscallError) {
        let old = try Files.open("/", OpenFlag.pathOnly | O_DIRECTORY)
        try Mounts.attach(mount, to: old.number, named: "/")
        try Mounts.enter(mount)
        try checked("chroot", "new root", unsafe clinux_chroot("."))
        try checked("chdir", "/", unsafe clinux_chdir("/"))
    }

    /// Makes the directory behind a descriptor the root of this process.
    public static func join(_ root: Int32) throws(SyscallError) {
        try Mounts.enter(root)
        try checked("chroot", "guest's root", unsafe clinux_chroot("."))
        try checked("chdir", "/", unsafe clinux_chdir("/"))
    }

    /// Writes everything out and closes the file system at `path`; one that cannot be closed has at least been written.
    public static func settle(_ path: String) {
        clinux_sync()
        _ = unsafe clinux_remount_read_only(path)
    }

    /// Turns the machine off; returns only when the kernel refused.
    public static func powerOff() {
        _ = clinux_power_off()
    }
}
