import CLinux
import Glibc

/// Files that are complete before anybody can see them: made without a name, named once they are as they shall be.
///
/// open(2), `O_TMPFILE`; linkat(2).
extension Files {
    /// A file without a name on the file system of `directory`, gone with its last descriptor unless it is named.
    ///
    /// - Throws: ``SyscallError``; `EOPNOTSUPP` on a file system that has no such files.
    public static func openNameless(
        in directory: String,
        _ flags: Int32,
        mode: UInt32
    ) throws(SyscallError) -> OwnedDescriptor {
        try open(directory, flags | CLINUX_O_TMPFILE, mode: mode)
    }

    /// Gives the nameless file behind `file` a name on its file system.
    ///
    /// - Returns: false when the name is taken; nothing has changed then.
    public static func name(_ file: Int32, _ path: String) throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            // By way of procfs: naming a descriptor itself wants a capability that not every root has.
            let link = "/proc/self/fd/\(file)"
            let follow: Int32 = 0x400
            try checked("link", path, unsafe clinux_linkat(CLINUX_AT_FDCWD, link, CLINUX_AT_FDCWD, path, follow))
            return true
        } catch  where error.errno == EEXIST {
            return false
        }
    }
}
