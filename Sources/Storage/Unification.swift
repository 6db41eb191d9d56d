import Glibc
import LinuxKernel

/// Makes equal files of many trees share their blocks on disk.
///
/// The kernel compares the bytes itself, while it holds both files, and shares only what is equal (FIDEDUPERANGE). So
/// nothing can be lost, whatever happens meanwhile, and a file that is written afterwards parts from the others. Names,
/// owners, modes and times are untouched. Only btrfs and XFS share blocks.
public struct Unification {
    /// What was found and done.
    public struct Report: Equatable, Sendable {
        /// Files looked at.
        public var files = 0
        /// Files that share blocks with another now.
        public var shared = 0
        /// Bytes of them.
        public var bytes: UInt64 = 0
        /// Files that changed or could not be read meanwhile.
        public var passedOver = 0
    }

    private struct Content: Hashable {
        let size: Int64
        let hash: UInt64
    }

    private struct Place {
        let tree: Int
        let path: String
        let inode: UInt64
    }

    /// What has been done so far.
    public private(set) var report = Report()
    private var known: [Content: Place] = [:]
    private let trees: [String]

    // A smaller file fits into the tree of metadata, or takes one block: not worth two system calls.
    private static let smallest: Int64 = 8192

    private init(_ trees: [String]) {
        self.trees = trees
    }

    /// Whether the file system that holds `directory` can share blocks.
    public static func isPossible(in directory: String) throws(SyscallError) -> Bool {
        let folder = try Files.open(directory, OpenFlag.readOnlyDirectory)
        let kind = try FileSystemSpace.of(folder.number, named: directory).kind
        return kind == .btrfs || kind == .xfs
    }

    /// Shares blocks between all files below these directories, the first of equal ones being what others join.
    public static func run(over trees: [String]) throws(SyscallError) -> Report {
        var unification = Unification(trees)
        for index in trees.indices { try unification.visit(index) }
        return unification.report
    }

    private mutating func visit(_ index: Int) throws(SyscallError) {
        let top = try Files.open(trees[index], OpenFlag.readOnlyDirectory)
        var work = self
        try TreeWalk.visit(top.number, named: trees[index]) { entry throws(SyscallError) in
            guard entry.status.isRegular, entry.status.size >= Self.smallest else { return true }
            work.report.files += 1
            do throws(SyscallError) {
                try work.take(entry, tree: index)
            } catch {
                // A tenant's file that went away or changed is looked at the next time.
                work.report.passedOver += 1
            }
            return true
        }
        self = work
    }

    private mutating func take(_ entry: borrowing WalkedEntry, tree: Int) throws(SyscallError) {
        let file = try entry.open(O_RDONLY)
        let content = Content(size: entry.status.size, hash: try Self.hash(file.number, named: entry.path))
        guard let first = known[content] else {
            // A name that is no text cannot be written down here; its file may still join another.
            if Array(entry.path.utf8CString) == entry.rawPath {
                known[content] = Place(tree: tree, path: entry.path, inode: entry.status.inode)
            }
            return
        }
        guard first.inode != entry.status.inode || first.tree != tree else { return }
        let top = try Files.open(trees[first.tree], OpenFlag.readOnlyDirectory)
        let source = try BeneathRoot(top.number).open(first.path, O_RDONLY | O_NONBLOCK, linkFree: true)
        let length = UInt64(entry.status.size)
        let done = try SharedExtents.share(source.number, with: file.number, length: length, named: entry.path)
        if done > 0 { report.shared += 1 }
        report.bytes += done
    }

    /// FNV-1a over eight bytes at a time: it only finds candidates, the kernel proves them.
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
