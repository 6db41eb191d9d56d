/// What a tree of files is, without times and inode numbers: equal listings, equal trees.
///
/// Paths are relative to the root, the root itself is the empty path.
struct TreeListing: Equatable {
    var entries: [TreePath: TreeEntry] = [:]

    /// The paths in the order of the text form: byte by byte, so a directory comes before what is in it.
    var paths: [TreePath] { entries.keys.sorted() }

    /// The sum of all files' sizes in bytes.
    var fileBytes: Int64 {
        entries.values.reduce(0) { $0 + ($1.kind.fileSize ?? 0) }
    }

    /// The canonical text: one line for each entry, sorted.
    ///
    /// Its SHA-256 is the tree's digest.
    var text: String {
        paths.map { path in (entries[path]?.line(for: path) ?? "") + "\n" }.joined()
    }

    /// The digest of the canonical text.
    var digest: Digest { DigestStream.of(Array(text.utf8)) }

    /// This tree with the layer `upper` laid over it, as overlayfs shows it.
    func applying(_ upper: TreeListing) -> TreeListing {
        var merged = self
        var hidden: Set<TreePath> = []
        for (path, entry) in upper.entries where entry.kind != .directory { hidden.insert(path) }
        for (path, entry) in upper.entries where entry.kind == .directory {
            if let below = entries[path], below.kind != .directory { hidden.insert(path) }
        }
        merged.entries = entries.filter { path, _ in
            !hidden.contains(path) && !path.ancestors.contains { hidden.contains($0) }
        }
        for (path, entry) in upper.entries where entry.kind != .whiteout { merged.entries[path] = entry }
        return merged
    }

    /// The layer that, laid over `base`, gives this tree.
    ///
    /// Directories above a change are part of it, as overlayfs takes a merged directory's mode and owner from the
    /// upper layer.
    func layer(over base: TreeListing) -> TreeListing {
        var layer = TreeListing()
        for (path, entry) in entries where base.entries[path] != entry { layer.entries[path] = entry }
        for path in base.entries.keys where entries[path] == nil && isVisible(parentOf: path) {
            layer.entries[path] = TreeEntry(kind: .whiteout, mode: 0, uid: 0, gid: 0, attributes: [])
        }
        for path in Array(layer.entries.keys) {
            for ancestor in path.ancestors where layer.entries[ancestor] == nil {
                layer.entries[ancestor] = entries[ancestor]
            }
        }
        return layer
    }

    // A name below a directory that is gone, or that became a file, needs no whiteout of its own.
    private func isVisible(parentOf path: TreePath) -> Bool {
        guard let parent = path.parent else { return false }
        return entries[parent]?.kind == .directory
    }
}

/// A path relative to a tree's root, compared byte by byte: two spellings of one Unicode text are two files.
struct TreePath: Hashable, Comparable {
    let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func appending(_ name: String) -> TreePath {
        TreePath(bytes: bytes.isEmpty ? Array(name.utf8) : bytes + [47] + Array(name.utf8))
    }

    /// The directory this is in; `nil` for the root.
    var parent: TreePath? {
        if bytes.isEmpty { return nil }
        return TreePath(bytes: Array(bytes[..<(bytes.lastIndex(of: 47) ?? 0)]))
    }

    /// Every directory above, nearest first, the root last.
    var ancestors: [TreePath] {
        var found: [TreePath] = []
        var next = parent
        while let path = next {
            found.append(path)
            next = path.parent
        }
        return found
    }

    static func < (left: TreePath, right: TreePath) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
