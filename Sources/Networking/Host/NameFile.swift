import Glibc
import LinuxKernel

/// The `/etc/hosts` that jails of one tenant in one network share: each sees the others' names, and nobody else's.
///
/// It is mounted into all of them, so it is changed in place: every jail has a slot of fixed length, filled at its start
/// and blanked at its end. That works without any name server and from the first moment on.
public struct NameFile: Sendable {
    /// The file.
    public let path: String

    static let slot = 256
    private static let head =
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n"

    /// The file at `path`.
    public init(path: String) { self.path = path }

    /// Writes a jail's names into a free slot.
    ///
    /// `addresses`: As text.
    /// `names`: What it is called, the first being the canonical name.
    /// - Returns: Where its slot is.
    public func add(_ addresses: [String], names: [String]) throws(SyscallError) -> (offset: UInt64, length: UInt64) {
        let text = addresses.map { "\($0) \(names.joined(separator: " "))\n" }.joined()
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
        if !Files.exists(folder) { try Files.makeDirectories(folder, mode: 0o755) }
        let file = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o644)
        _ = try FileLock.take(file.number, named: path, wait: true)
        let content = try Files.read(file.number, named: path)
        let length = max(Self.slot, (text.utf8.count + 1 + Self.slot - 1) / Self.slot * Self.slot)
        if content.isEmpty {
            try Files.writeAt(file.number, Self.padded(Self.head, 2 * Self.slot), offset: 0, named: path)
        }
        let offset = Self.freeSlot(in: content, length: length)
        try Files.writeAt(file.number, Self.padded(text, length), offset: Int64(offset), named: path)
        return (UInt64(offset), UInt64(length))
    }

    /// Blanks the slots of a jail, for a start that came no further.
    public func remove(_ name: String) throws(SyscallError) {
        let file = try Files.open(path, O_RDWR | O_NOFOLLOW)
        _ = try FileLock.take(file.number, named: path, wait: true)
        let content = try Files.read(file.number, named: path)
        for start in stride(from: 2 * Self.slot, to: content.count, by: Self.slot) {
            let text = String(decoding: content[start..<min(start + Self.slot, content.count)], as: UTF8.self)
            let isIts = text.split(separator: "\n").contains { $0.split(separator: " ").dropFirst().first == name[...] }
            if isIts { try Files.writeAt(file.number, Self.padded("", Self.slot), offset: Int64(start), named: path) }
        }
    }

    private static func freeSlot(in content: [UInt8], length: Int) -> Int {
        let first = 2 * slot
        var offset = first
        while offset + length <= content.count {
            if content[offset..<(offset + length)].allSatisfy({ $0 == 32 || $0 == 10 }) { return offset }
            offset += slot
        }
        return max(first, (content.count + slot - 1) / slot * slot)
    }

    /// The text with spaces behind it, and a line end as last byte.
    private static func padded(_ text: String, _ length: Int) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(length - 1))
        return bytes + [UInt8](repeating: 32, count: length - 1 - bytes.count) + [10]
    }
}
