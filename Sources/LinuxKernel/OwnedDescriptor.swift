import CLinux
import Glibc

/// A file descriptor that is closed when its owner goes away.
///
/// All descriptors are opened close-on-exec; one that a program shall inherit is handed over by name
/// (``ProcessSpawn``, or ``keepAcrossExec()`` directly before `execve`).
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number in this process; valid as long as the owner lives.
    public let number: Int32

    /// Takes ownership of `number`, which nobody else may close.
    public init(owning number: Int32) {
        self.number = number
    }

    deinit {
        _ = clinux_close(number)
    }

    /// Gives the descriptor up without closing it, as when another process takes over.
    public consuming func release() -> Int32 {
        let kept = number
        discard self
        return kept
    }

    /// Closes now and reports what close(2) says, which may be the only news of a failed write.
    public consuming func close() throws(SyscallError) {
        let kept = release()
        try checked("close", "descriptor \(kept)", clinux_close(kept))
    }

    /// A second descriptor for the same open file description, close-on-exec.
    public borrowing func duplicate() throws(SyscallError) -> OwnedDescriptor {
        let copy = try checked("fcntl", "F_DUPFD_CLOEXEC", clinux_fcntl(number, F_DUPFD_CLOEXEC, 3))
        return OwnedDescriptor(owning: Int32(copy))
    }

    /// Clears close-on-exec: the next program inherits this descriptor under the same number.
    public borrowing func keepAcrossExec() throws(SyscallError) {
        try checked("fcntl", "F_SETFD", clinux_fcntl(number, F_SETFD, 0))
    }
}
