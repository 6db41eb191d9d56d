import Glibc
import LinuxKernel

/// Layers on disk: laid over each other into one tree, and a tree cut down to the layer that it adds.
///
/// A build works on a full copy, not on an overlay mount: nothing has to be mounted on the host, the jail of a step
/// sees a plain directory, and comparing listings afterwards finds exactly what changed, renames and all.
enum LayerTree {
    /// Makes `directory` (empty) a copy of what the layers show together, the lowest first.
    static func materialize(
        _ layers: [Digest],
        of store: TemplateStore,
        into directory: String,
        held: Int32?
    ) throws(TemplateError) {
        for (index, layer) in layers.enumerated() {
            let listing = index == 0 ? TreeListing() : try store.listing(of: layer)
            try attempting("prepare for layer") { () throws(SyscallError) in try clear(listing, in: directory) }
            try HostCommand(
                ["cp", "--archive", "--reflink=auto", "--", "\(store.rootfs(of: layer))/.", "\(directory)/"],
                held: held
            ).run("copy layer \(layer)")
            try attempting("lay layer") { () throws(SyscallError) in
                for (path, entry) in listing.entries where entry.kind == .whiteout {
                    try Files.remove("\(directory)/\(path.text)")
                }
            }
        }
    }

    // Whatever the layer replaces goes first, so that cp never writes through a file or symlink of a lower layer.
    private static func clear(_ listing: TreeListing, in directory: String) throws(SyscallError) {
        for path in listing.paths where !path.bytes.isEmpty {
            let host = "\(directory)/\(path.text)"
            guard let status = try? Files.status(host) else { continue }
            if listing.entries[path]?.kind != .directory || !status.isDirectory { try Files.removeTree(host) }
        }
    }

    /// Cuts `tree`, which shows `full`, down to `layer`: unchanged files go, whiteouts come.
    static func reduce(_ tree: String, showing full: TreeListing, to layer: TreeListing) throws(TemplateError) {
        try attempting("cut the tree down to a layer") { () throws(SyscallError) in
            // From the last path to the first: a directory's content before the directory.
            for path in full.paths.reversed() where layer.entries[path] == nil {
                let host = "\(tree)/\(path.text)"
                if full.entries[path]?.kind == .directory {
                    try Files.removeDirectory(host)
                } else {
                    try Files.remove(host)
                }
            }
            for (path, entry) in layer.entries where entry.kind == .whiteout {
                try RawFiles.makeWhiteout("\(tree)/\(path.text)")
            }
        }
    }
}
