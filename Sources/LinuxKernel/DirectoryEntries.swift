import CLinux

/// One entry of a directory.
public struct DirectoryEntry: Equatable, Sendable {
    /// The name, undecodable bytes replaced.
    public let name: String
    /// The type byte of getdents64(2) (`DT_DIR` is 4, `DT_REG` 8, `DT_LNK` 10), 0 where the file system does not say.
    public let type: UInt8
    /// The name as the kernel has it, with its final zero: what to act on when a tenant chose it.
    let rawName: [CChar]
}

/// Reads directories through getdents64(2): readdir(3) keeps state that Swift cannot own safely.
public enum DirectoryEntries {
    /// Every entry of the open directory `fd` but `.` and `..`; reading stops once there are `limit`.
    public static func read(
        _ fd: Int32,
        named name: String,
        limit: Int = .max
    ) throws(SyscallError) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = []
        while entries.count < limit {
            let block = try nextBlock(fd, named: name)
            if block.isEmpty { break }
            append(block, to: &entries)
        }
        return entries
    }

    private static func nextBlock(_ fd: Int32, named name: String) throws(SyscallError) -> [UInt8] {
        var failure = 0
        let block = unsafe [UInt8](unsafeUninitializedCapacity: 32768) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            let result = unsafe clinux_getdents64(fd, start, 32768)
            failure = min(result, 0)
            used = max(result, 0)
        }
        try checked("getdents64", name, failure)
        return block
    }

    // struct linux_dirent64: inode 8 bytes, offset 8, record length 2, type 1, name up to a zero byte.
    private static func append(_ block: [UInt8], to entries: inout [DirectoryEntry]) {
        var start = 0
        while start + 19 <= block.count {
            let length = Int(block[start + 16]) | Int(block[start + 17]) << 8
            guard length >= 19, start + length <= block.count else { return }
            let bytes = block[(start + 19)..<(start + length)].prefix { $0 != 0 }
            let name = String(decoding: bytes, as: UTF8.self)
            if name != "." && name != ".." {
                let raw = bytes.map { CChar(bitPattern: $0) } + [0]
                entries.append(DirectoryEntry(name: name, type: block[start + 18], rawName: raw))
            }
            start += length
        }
    }
}
