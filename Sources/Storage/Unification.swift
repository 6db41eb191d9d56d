import Glibc
import LinuxKernel

/// Makes equal files of many trees one: one on disk, and where they become one inode one in the page cache too.
///
/// Two ways, by what the file system can:
/// - **sharing** (btrfs, XFS): files stay files of their own and share blocks. The kernel compares the bytes itself, while
///   it holds both (FIDEDUPERANGE), so trees that are in use can take part; a file that is written afterwards parts from
///   the others.
/// - **linking** (anywhere): one file becomes another name of the other, in one step. Only layers that nobody writes and no
///   running jail stands on may lose files so: overlayfs copies a file up before it is written, so nobody ever writes to
///   the one that is shared. Content, mode, owner, time and extended attributes have to be equal.
public struct Unification {
    /// How equal files become one.
    public enum Way: String, Sendable {
        /// Blocks on disk.
        case sharing
        /// One inode.
        case linking
    }

    /// A tree that takes part.
    public struct Tree: Equatable, Sendable {
        /// The host path.
        public let path: String
        /// Whether its files may become names of others; otherwise others may become names of its files.
        public let isReplaceable: Bool

        /// Makes a tree.
        public init(_ path: String, isReplaceable: Bool) {
            (self.path, self.isReplaceable) = (path, isReplaceable)
        }
    }

    /// What was found and done.
    public struct Report: Equatable, Sendable {
        /// Files looked at.
        public var files = 0
        /// Files that are one with another now.
        public var shared = 0
        /// Bytes of them that are on disk once now.
        public var bytes: UInt64 = 0
        /// Bytes of them that were in the page cache twice.
        public var cached: UInt64 = 0
        /// Files that changed or could not be read meanwhile.
        public var passedOver = 0
    }

    /// What candidates have in common; contents are compared before anything is done.
    private struct Content: Hashable {
        let size: Int64
        let hash: UInt64
        var modified: Int64 = 0
        var mode: UInt32 = 0
        var owner: UInt64 = 0
        var attributes: [String: [UInt8]] = [:]
    }

    private struct Place {
        let tree: Int
        let path: [CChar]
        let inode: UInt64
    }

    /// What has been done so far.
    public private(set) var report = Report()
    private var known: [Content: Place] = [:]
    private let trees: [Tree]
    private let way: Way
    private let scratch: Int32

    // Smaller files fit into the tree of metadata, or take one block: not worth two system calls.
    private var smallest: Int64 { way == .sharing ? 8192 : 1024 }

    private init(_ trees: [Tree], _ way: Way, _ scratch: Int32) {
        (self.trees, self.way, self.scratch) = (trees, way, scratch)
    }

    /// How files below `directory` can become one.
    public static func way(in directory: String) throws(SyscallError) -> Way {
        let folder = try Files.open(directory, OpenFlag.readOnlyDirectory)
        let kind = try FileSystemSpace.of(folder.number, named: directory).kind
        return kind == .btrfs || kind == .xfs ? .sharing : .linking
    }

    /// Makes equal files below these directories one, the first of equal ones being what others join.
    ///
    /// `scratch` is an open empty directory of the same file system.
    public static func run(over trees: [Tree], by way: Way, scratch: Int32) throws(SyscallError) -> Report {
        var unification = Unification(trees, way, scratch)
        for index in trees.indices { try unification.visit(index) }
        return unification.report
    }

    private mutating func visit(_ index: Int) throws(SyscallError) {
        let path = trees[index].path
        let top = try Files.open(path, OpenFlag.readOnlyDirectory)
        var work = self
        try TreeWalk.visit(top.number, named: path) { entry throws(SyscallError) in
            guard entry.status.isRegular, entry.status.size >= work.smallest else { return true }
            work.report.files += 1
            do throws(SyscallError) {
                try work.take(entry, tree: index)
            } catch {
                // A tenant's file that went away or changed, or one that a quota keeps apart: it stays as it is.
                work.report.passedOver += 1
            }
            return true
        }
        self = work
    }

    private mutating func take(_ entry: borrowing WalkedEntry, tree: Int) throws(SyscallError) {
        let file = try entry.open(O_RDONLY)
        // Asked before it is read: reading brings it into the page cache.
        let cached = SharedExtents.cached(file.number) ?? 0
        var content = Content(size: entry.status.size, hash: try Self.hash(file.number, named: entry.path))
        if way == .linking {
            content.modified = entry.status.modified
            content.mode = entry.status.mode
            content.owner = UInt64(entry.status.uid) << 32 | UInt64(entry.status.gid)
            content.attributes = try ExtendedAttributes.all(of: file.number, named: entry.path)
        }
        guard let first = known[content] else {
            known[content] = Place(tree: tree, path: entry.rawPath, inode: entry.status.inode)
            return
        }
        // The same file already: inodes count per file system, and all trees of a way are on one.
        guard first.inode != entry.status.inode else { return }
        let top = try Files.open(trees[first.tree].path, OpenFlag.readOnlyDirectory)
        let source = try TreeWalk.open(first.path, in: top.number, O_RDONLY)
        switch way {
        case .sharing: try share(source.number, file.number, entry)
        case .linking:
            guard trees[tree].isReplaceable else { return }
            try link(source.number, file.number, entry, cached)
        }
    }

    private mutating func share(
        _ source: Int32,
        _ file: Int32,
        _ entry: borrowing WalkedEntry
    ) throws(SyscallError) {
        let length = UInt64(entry.status.size)
        let done = try SharedExtents.share(source, with: file, length: length, named: entry.path)
        if done > 0 { report.shared += 1 }
        report.bytes += done
    }

    private mutating func link(
        _ source: Int32,
        _ file: Int32,
        _ entry: borrowing WalkedEntry,
        _ cached: UInt64
    ) throws(SyscallError) {
        for fd in [source, file] { try Files.rewind(fd, named: entry.path) }
        guard
            try ExtendedAttributes.all(of: source, named: entry.path)
                == ExtendedAttributes.all(of: file, named: entry.path),
            try FileContents.areEqual(source, file, entry.path)
        else { return }
        try entry.become(linkTo: source, by: scratch)
        report.shared += 1
        // Another name of the old file may be left in its own tree: then its blocks are as well.
        guard entry.links == 1 else { return }
        report.bytes += UInt64(max(0, entry.status.blocks)) * 512
        report.cached += cached
    }

    /// FNV-1a over eight bytes at a time: it only finds candidates.
    private static func hash(_ file: Int32, named name: String) throws(SyscallError) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        while true {
            let block = try Files.readSome(file, named: name, upTo: 1 << 18)
            if block.isEmpty { return hash }
            var word: UInt64 = 0
            for (index, byte) in block.enumerated() {
                word = word << 8 | UInt64(byte)
                if index & 7 == 7 {
                    hash = (hash ^ word) &* 0x100_0000_01b3
                    word = 0
                }
            }
            hash = (hash ^ word) &* 0x100_0000_01b3
        }
    }
}
