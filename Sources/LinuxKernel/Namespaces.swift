import CLinux
import Glibc

/// Namespaces and what is set once inside them.
public enum Namespaces {
    /// Leaves the namespaces named by `CLONE_NEW*` bits for new ones.
    ///
    /// unshare(2).
    public static func unshare(_ flags: UInt64) throws(SyscallError) {
        try checked("unshare", "flags \(flags)", clinux_unshare(flags))
    }

    /// Joins all namespaces in `flags` of the process behind `pidfd` in one step.
    ///
    /// setns(2), Linux 5.8.
    ///
    /// - Throws: ``SyscallError``; the caller is then in none of them.
    public static func join(pidfd: Int32, _ flags: UInt64) throws(SyscallError) {
        try checked("setns", "namespaces of the jail", clinux_setns(pidfd, Int32(truncatingIfNeeded: flags)))
    }

    /// Maps `count` ids from 0 inside to `hostBase` outside for a process in a new user namespace.
    ///
    /// - Precondition: `CAP_SETUID` and `CAP_SETGID` in the parent namespace, so that groups may stay settable
    ///   inside. user_namespaces(7).
    public static func writeIdentityMaps(of pid: ProcessID, hostBase: UInt32, count: UInt32) throws(SyscallError) {
        let line = "0 \(hostBase) \(count)\n"
        try Files.writeKernelFile("/proc/\(pid)/uid_map", line)
        try Files.writeKernelFile("/proc/\(pid)/gid_map", line)
    }

    /// Lets the boot clock of the caller's future children start at zero.
    ///
    /// time_namespaces(7).
    ///
    /// - Precondition: The caller has unshared its time namespace and has no child in it yet.
    public static func startBootClockAtZero() throws(SyscallError) {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        try checked(
            "clock_gettime",
            "CLOCK_BOOTTIME",
            unsafe clinux_clock_gettime(CLOCK_BOOTTIME, &seconds, &nanoseconds)
        )
        try Files.writeKernelFile(
            "/proc/self/timens_offsets",
            "boottime -\(seconds + 1) \(999_999_999 - nanoseconds)\n"
        )
    }

    /// The user namespace of a process, as idmapped mounts want it.
    public static func openUserNamespace(of pid: ProcessID) throws(SyscallError) -> OwnedDescriptor {
        try Files.open("/proc/\(pid)/ns/user", O_RDONLY)
    }

    /// Sets the UTS node name.
    ///
    /// sethostname(2).
    public static func setHostName(_ name: String) throws(SyscallError) {
        try checked("sethostname", name, unsafe clinux_sethostname(name, name.utf8.count))
    }

    /// Brings the loopback interface up; the kernel gives it 127.0.0.1 and ::1 by itself.
    public static func bringUpLoopback() throws(SyscallError) {
        try checked("ioctl SIOCSIFFLAGS", "lo", unsafe clinux_link_up("lo"))
    }
}
