import CDigest
import Glibc
import LinuxKernel

/// The few file calls that LinuxKernel does not offer yet.
///
/// To be replaced by it: nothing else here uses pointers but `HostCommand` and `DigestStream`.
enum RawFiles {
    /// Sets owner and then permission bits: chown(2) clears the setuid bit.
    static func setOwner(_ fd: Int32, uid: UInt32, gid: UInt32, mode: UInt32, named name: String) throws(SyscallError) {
        if fchown(fd, uid, gid) != 0 { throw failure("fchown", name) }
        if fchmod(fd, mode) != 0 { throw failure("fchmod", name) }
    }

    /// lchown(2).
    static func setLinkOwner(_ path: String, uid: UInt32, gid: UInt32) throws(SyscallError) {
        if unsafe lchown(path, uid, gid) != 0 { throw failure("lchown", path) }
    }

    /// Sets the modification time, in whole seconds since 1970; futimens(3).
    static func setTime(_ fd: Int32, seconds: Int64, named name: String) throws(SyscallError) {
        let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
        let result = unsafe [time, time].withUnsafeBufferPointer { unsafe futimens(fd, $0.baseAddress) }
        if result != 0 { throw failure("futimens", name) }
    }

    /// A second name for the same file, which is not followed if it is a symlink; linkat(2).
    static func hardLink(_ from: String, to path: String) throws(SyscallError) {
        if unsafe linkat(AT_FDCWD, from, AT_FDCWD, path, 0) != 0 { throw failure("linkat", path) }
    }

    /// A FIFO; mkfifo(3).
    static func makeFIFO(_ path: String, mode: UInt32) throws(SyscallError) {
        if unsafe mkfifo(path, mode) != 0 { throw failure("mkfifo", path) }
    }

    /// What overlayfs takes for "this name is gone": character device 0/0.
    static func makeWhiteout(_ path: String) throws(SyscallError) {
        if unsafe mknod(path, S_IFCHR, 0) != 0 { throw failure("mknod", path) }
    }

    /// Waits for, or with `trying` asks for, an flock(2) on the open file; `false` if another has it.
    static func lock(_ fd: Int32, exclusive: Bool, trying: Bool, named name: String) throws(SyscallError) -> Bool {
        let operation = (exclusive ? LOCK_EX : LOCK_SH) | (trying ? LOCK_NB : 0)
        while flock(fd, operation) != 0 {
            if errno == EWOULDBLOCK { return false }
            if errno != EINTR { throw failure("flock", name) }
        }
        return true
    }

    /// The extended attributes that belong to a file wherever it is: capabilities, access lists, the users' own.
    static func attributes(_ fd: Int32, named name: String) throws(SyscallError) -> [ExtendedAttribute] {
        let names = unsafe try buffer("flistxattr", name) { unsafe flistxattr(fd, $0, $1) }
        var found: [ExtendedAttribute] = []
        for word in names.split(separator: 0) {
            let key = String(decoding: word, as: UTF8.self)
            guard ExtendedAttribute.travels(key) else { continue }
            let value = unsafe try buffer("fgetxattr", name) { unsafe fgetxattr(fd, key, $0, $1) }
            found.append(ExtendedAttribute(name: key, value: value))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// fsetxattr(2).
    static func setAttribute(_ fd: Int32, _ item: ExtendedAttribute, named name: String) throws(SyscallError) {
        let result = unsafe item.value.withUnsafeBufferPointer {
            unsafe fsetxattr(fd, item.name, $0.baseAddress, $0.count, 0)
        }
        if result != 0 { throw failure("fsetxattr", "\(item.name) of \(name)") }
    }

    /// Now, in whole seconds since 1970.
    static func now() -> Int64 {
        Int64(time(nil))
    }

    private static func buffer(
        _ call: String,
        _ name: String,
        _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int
    ) throws(SyscallError) -> [UInt8] {
        let size = body(nil, 0)
        if size <= 0 {
            // A file system without extended attributes has none.
            if size == 0 || errno == ENOTSUP || errno == ENODATA { return [] }
            throw failure(call, name)
        }
        var used = 0
        let chars = unsafe [CChar](unsafeUninitializedCapacity: size) { buffer, count in
            used = unsafe body(buffer.baseAddress, size)
            count = max(0, used)
        }
        if used < 0 { throw failure(call, name) }
        return chars.map { UInt8(bitPattern: $0) }
    }

    private static func failure(_ call: String, _ subject: String) -> SyscallError {
        SyscallError(call: call, subject: subject, errno: errno)
    }
}

/// One extended attribute; xattr(7).
struct ExtendedAttribute: Equatable {
    let name: String
    let value: [UInt8]

    /// Labels of security modules and overlayfs' own marks belong to the host, not to the file.
    static func travels(_ name: String) -> Bool {
        name == "security.capability" || name.hasPrefix("user.") || name.hasPrefix("system.posix_acl_")
    }
}
