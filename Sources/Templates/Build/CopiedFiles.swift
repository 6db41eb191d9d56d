import Glibc
import LinuxKernel

/// The files beside a template that go into its rootfs, found without leaving the template's directory.
///
/// Of their modes only the owner's execute bit counts: what version control keeps. So a checkout gives the same
/// rootfs whoever made it, under whatever umask.
enum CopiedFiles {
    /// Every file of `from` with its path relative to it, sorted; the first one is `from` itself, path "".
    static func list(_ from: String, in directory: String) throws(TemplateError) -> [(path: String, entry: TreeEntry)] {
        let host = try hostPath(from, in: directory)
        let listing = try TreeScan.list(any: host)
        return listing.paths.compactMap { path in
            listing.entries[path].map { (path.text, normalised($0)) }
        }
    }

    /// The host path of `from`, symlinks resolved as if the template's directory were `/`.
    static func hostPath(_ from: String, in directory: String) throws(TemplateError) -> String {
        try attempting("copy \(from)") { () throws(SyscallError) in
            try RootedTree(root: directory).followed(from)
        }
    }

    /// The SHA-256 of an archive beside the template.
    static func archive(_ file: String, in directory: String) throws(TemplateError) -> Digest {
        let host = try hostPath(file, in: directory)
        let listing = try TreeScan.list(any: host)
        guard case .file(_, let hex)? = listing.entries[TreePath("")]?.kind else {
            throw .damaged(file: host, reason: "not a regular file")
        }
        return Digest(hex: hex)
    }

    private static func normalised(_ entry: TreeEntry) -> TreeEntry {
        let mode: UInt32 =
            switch entry.kind {
            case .directory: 0o755
            case .file: entry.mode & 0o100 == 0 ? 0o644 : 0o755
            default: 0
            }
        return TreeEntry(kind: entry.kind, mode: mode, uid: 0, gid: 0, attributes: [])
    }
}
