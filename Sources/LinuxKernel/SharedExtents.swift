import CLinux
import Glibc

/// Files that share their blocks on disk until one of them is written: btrfs and XFS.
public enum SharedExtents {
    /// Gives the empty file `to` the content of `from` without copying a byte.
    ///
    /// ioctl_ficlone(2). `EOPNOTSUPP`, `EXDEV` or `EINVAL` where the file systems cannot.
    public static func clone(_ from: Int32, to: Int32, named name: String) throws(SyscallError) {
        try checked("ioctl FICLONE", name, clinux_reflink(to, from))
    }

    /// Makes the blocks of `to` those of `from` wherever the bytes are equal, which the kernel checks while it holds both.
    ///
    /// ioctl_fideduperange(2).
    ///
    /// - Returns: Bytes shared; fewer than `length` where the contents differ.
    public static func share(
        _ from: Int32,
        with to: Int32,
        length: UInt64,
        named name: String
    ) throws(SyscallError) -> UInt64 {
        var done: UInt64 = 0
        while done < length {
            // The kernel does at most 16 MiB a call.
            let step = min(length - done, 16 << 20)
            let result = clinux_dedupe(from, to, done, step)
            if result == -Int(EILSEQ) || result == 0 { return done }
            done += UInt64(try checked("ioctl FIDEDUPERANGE", name, result))
        }
        return done
    }
}
