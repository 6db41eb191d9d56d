import CLinux
import Glibc

/// Extended attributes of open files; xattr(7).
public enum ExtendedAttributes {
    /// Every attribute that the caller may see, by name.
    public static func all(of fd: Int32, named name: String) throws(SyscallError) -> [String: [UInt8]] {
        let names = unsafe try value("flistxattr", name) { buffer, size in
            unsafe buffer.map { unsafe clinux_flistxattr(fd, $0.assumingMemoryBound(to: CChar.self), size) }
                ?? clinux_flistxattr(fd, nil, 0)
        }
        var found: [String: [UInt8]] = [:]
        for word in names.split(separator: 0) {
            let key = String(decoding: word, as: UTF8.self)
            found[key] = try get(key, of: fd, named: name)
        }
        return found
    }

    /// One attribute; empty when it is not there.
    public static func get(_ key: String, of fd: Int32, named name: String) throws(SyscallError) -> [UInt8] {
        unsafe try value("fgetxattr", "\(key) of \(name)") { buffer, size in
            unsafe clinux_fgetxattr(fd, key, buffer, size)
        }
    }

    /// Sets an attribute.
    public static func set(_ key: String, _ value: [UInt8], of fd: Int32, named name: String) throws(SyscallError) {
        let result = unsafe value.withUnsafeBytes { bytes -> Int in
            // An empty array may have no address; the kernel wants one even for no bytes.
            guard let start = bytes.baseAddress else { return unsafe clinux_fsetxattr(fd, key, key, 0) }
            return unsafe clinux_fsetxattr(fd, key, start, bytes.count)
        }
        try checked("fsetxattr", "\(key) of \(name)", result)
    }

    private static func value(
        _ call: String,
        _ subject: String,
        _ body: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(SyscallError) -> [UInt8] {
        while true {
            let size = body(nil, 0)
            if size == 0 || size == -Int(EOPNOTSUPP) || size == -Int(ENODATA) { return [] }
            try checked(call, subject, size)
            var used = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                used = unsafe body(buffer.baseAddress.map { UnsafeMutableRawPointer($0) }, size)
                count = max(0, used)
            }
            // It grew meanwhile: ask again.
            if used == -Int(ERANGE) { continue }
            try checked(call, subject, used)
            return bytes
        }
    }
}
