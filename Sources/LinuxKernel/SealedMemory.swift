import CLinux
import Glibc

/// A nameless file in memory that nobody can change any more.
///
/// memfd_create(2), `F_ADD_SEALS`.
public enum SealedMemory {
    /// Makes one with this content; its position is at the start.
    public static func make(_ name: String, _ content: [UInt8]) throws(SyscallError) -> OwnedDescriptor {
        let result = try checked("memfd_create", name, unsafe clinux_memfd_create(name, 0x1 | 0x2))
        let memory = OwnedDescriptor(owning: Int32(result))
        try Files.write(memory.number, content, named: name)
        // SEAL, SHRINK, GROW, WRITE: from here on the reader can trust what it checked.
        try checked("fcntl F_ADD_SEALS", name, clinux_fcntl(memory.number, 1033, 0xf))
        try checked("lseek", name, clinux_lseek(memory.number, 0, SEEK_SET))
        return memory
    }

    /// Reads a descriptor that must be sealed against writing.
    ///
    /// - Throws: ``SyscallError`` with `EPERM` when it is not sealed.
    public static func read(_ fd: Int32) throws(SyscallError) -> [UInt8] {
        let seals = try checked("fcntl F_GET_SEALS", "plan", clinux_fcntl(fd, 1034, 0))
        guard seals & 0xf == 0xf else { throw SyscallError(call: "fcntl F_GET_SEALS", subject: "plan", errno: EPERM) }
        return try Files.read(fd, named: "plan")
    }
}
