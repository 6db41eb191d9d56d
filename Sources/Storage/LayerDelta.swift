import Glibc
import LinuxKernel

/// The layer that, laid over a copy of a writable layer made earlier, shows what the writable layer holds now.
///
/// What a move sends in the end: the copy went over while the jail ran, so all that is left is what changed since.
public struct LayerDelta {
    private let now: Int32
    private let before: Int32
    private let settled: Int64
    /// Paths that come along.
    private var wanted: Set<[UInt8]> = []
    /// Directories that hide what is below them, with everything in them.
    private var whole: Set<[UInt8]> = []
    /// Directories whose mark "hides what is below" must not hide the copy.
    private var plain: [[CChar]] = []
    /// Names of the copy that are gone.
    private var gone: [[CChar]] = []

    /// Fills an empty directory.
    ///
    /// - Parameters:
    ///   - now: The writable layer, an open directory; nobody writes to it.
    ///   - before: A copy of it, taken while it was in use: single files may be torn.
    ///   - to: The directory, open.
    ///   - settled: When the copy began, in nanoseconds since 1970, less the file system's clock tick: a file that did not
    ///     change since, and has the copy's size and time, is taken for equal; any other is compared byte by byte.
    /// - Returns: How many entries came along.
    /// - Throws: ``SyscallError``; what was written until then is there.
    public static func make(
        of now: Int32,
        over before: Int32,
        in to: Int32,
        settled: Int64
    ) throws(SyscallError) -> Int {
        var delta = LayerDelta(now: now, before: before, settled: settled)
        try delta.findChanges()
        try delta.findRemovals()
        let (wanted, whole) = (delta.wanted, delta.whole)
        var options = TreeCopyOptions()
        options.isWanted = { path in wanted.contains(path) || Self.ancestors(path).contains { whole.contains($0) } }
        let copy = try TreeCopy.contents(of: now, into: to, options)
        for path in delta.gone { try TreeWalk.makeWhiteout(path, in: to) }
        for path in delta.plain where wanted.contains(bytes(path)) {
            let folder = try TreeWalk.open(path, in: to, O_RDONLY | O_DIRECTORY)
            for key in opaqueMarks { try ExtendedAttributes.remove(key, of: folder.number, named: "layer") }
        }
        return copy.entries + delta.gone.count
    }

    private init(now: Int32, before: Int32, settled: Int64) {
        (self.now, self.before, self.settled) = (now, before, settled)
    }

    private mutating func findChanges() throws(SyscallError) {
        var work = self
        try TreeWalk.visit(now, named: "layer") { entry throws(SyscallError) in
            let old = TreeWalk.status(of: entry.rawPath, in: work.before)
            guard entry.status.isDirectory else {
                if let old, try work.isSame(entry, old) { return false }
                work.want(entry.rawPath)
                return false
            }
            let folder = try entry.open(O_RDONLY | O_DIRECTORY)
            let oldMarks = old?.isDirectory == true ? try work.marksBefore(entry.rawPath) : nil
            let marks = try ExtendedAttributes.all(of: folder.number, named: entry.path)
            if Self.isOpaque(marks) {
                guard let oldMarks, Self.isOpaque(oldMarks) else {
                    work.want(entry.rawPath)
                    work.whole.insert(Self.bytes(entry.rawPath))
                    return false
                }
                work.plain.append(entry.rawPath)
            }
            if let old, oldMarks == marks, Self.isSameKind(entry.status, old) { return true }
            work.want(entry.rawPath)
            return true
        }
        self = work
    }

    private mutating func findRemovals() throws(SyscallError) {
        var work = self
        try TreeWalk.visit(before, named: "layer") { entry throws(SyscallError) in
            let path = Self.bytes(entry.rawPath)
            guard !work.whole.contains(path) else { return false }
            if let current = TreeWalk.status(of: entry.rawPath, in: work.now) { return current.isDirectory }
            if !entry.status.isDevice {
                work.want(entry.rawPath, itself: false)
                work.gone.append(entry.rawPath)
            }
            return false
        }
        self = work
    }

    private mutating func want(_ path: [CChar], itself: Bool = true) {
        let path = Self.bytes(path)
        if itself { wanted.insert(path) }
        for ancestor in Self.ancestors(path) { wanted.insert(ancestor) }
    }

    private func isSame(_ entry: borrowing WalkedEntry, _ old: FileStatus) throws(SyscallError) -> Bool {
        guard Self.isSameKind(entry.status, old) else { return false }
        if entry.status.isDevice { return entry.status.representedDevice == old.representedDevice }
        guard entry.status.size == old.size, entry.status.modified == old.modified else { return false }
        guard entry.status.isRegular else { return entry.status.changed < settled }
        let file = try entry.open(O_RDONLY)
        let copy = try TreeWalk.open(entry.rawPath, in: before, O_RDONLY)
        guard
            try ExtendedAttributes.all(of: file.number, named: entry.path)
                == ExtendedAttributes.all(of: copy.number, named: entry.path)
        else { return false }
        return entry.status.changed < settled ? true : try FileContents.areEqual(file.number, copy.number, entry.path)
    }

    private func marksBefore(_ path: [CChar]) throws(SyscallError) -> [String: [UInt8]] {
        let folder = try TreeWalk.open(path, in: before, O_RDONLY | O_DIRECTORY)
        return try ExtendedAttributes.all(of: folder.number, named: "layer")
    }

    private static func isSameKind(_ one: FileStatus, _ other: FileStatus) -> Bool {
        one.mode == other.mode && one.uid == other.uid && one.gid == other.gid
    }

    // Of overlays in a user namespace, and of others; overlayfs, "Whiteouts and opaque directories".
    private static let opaqueMarks = ["user.overlay.opaque", "trusted.overlay.opaque"]

    private static func isOpaque(_ marks: [String: [UInt8]]) -> Bool {
        opaqueMarks.contains { marks[$0] == [UInt8(ascii: "y")] }
    }

    private static func bytes(_ path: [CChar]) -> [UInt8] {
        path.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    private static func ancestors(_ path: [UInt8]) -> [[UInt8]] {
        path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
    }
}

/// Comparing what is in files.
enum FileContents {
    /// Whether two open files hold the same bytes from where they stand.
    static func areEqual(_ one: Int32, _ other: Int32, _ name: String) throws(SyscallError) -> Bool {
        while true {
            let left = try block(one, name)
            guard try left == block(other, name) else { return false }
            if left.isEmpty { return true }
        }
    }

    // A read may give less than was asked for; only whole blocks can be compared.
    private static func block(_ fd: Int32, _ name: String) throws(SyscallError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < 1 << 18 {
            let more = try Files.readSome(fd, named: name, upTo: (1 << 18) - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }
}
