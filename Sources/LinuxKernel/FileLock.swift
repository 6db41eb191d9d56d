import CLinux
import Glibc

/// Advisory locks that the kernel drops when their last descriptor is closed, so they die with their holder.
///
/// flock(2).
public enum FileLock {
    /// Takes the exclusive lock of an open file or directory; false when another holds it and `wait` is not set.
    public static func take(_ fd: Int32, named name: String, wait: Bool) throws(SyscallError) -> Bool {
        try take(fd, named: name, wait: wait, LOCK_EX)
    }

    /// As ``take(_:named:wait:)``, but any number of holders may share it.
    public static func share(_ fd: Int32, named name: String, wait: Bool) throws(SyscallError) -> Bool {
        try take(fd, named: name, wait: wait, LOCK_SH)
    }

    private static func take(
        _ fd: Int32,
        named name: String,
        wait: Bool,
        _ operation: Int32
    ) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            try checkedRetrying("flock", name) { clinux_flock(fd, operation | (wait ? 0 : LOCK_NB)) }
            return true
        } catch  where error.errno == EWOULDBLOCK {
            return false
        }
    }

    /// Waits for the shared lock of an open file or directory.
    public static func share(_ fd: Int32, named name: String) throws(SyscallError) {
        try checkedRetrying("flock", name) { clinux_flock(fd, LOCK_SH) }
    }
}
