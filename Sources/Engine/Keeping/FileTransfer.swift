import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// Copies a file or tree out of a jail.
    ///
    /// A link planted by the tenant leads to its own files at most; devices, FIFOs and sockets are left out.
    ///
    /// `path` is in the jail, from `/`; an existing directory at `destination` takes the copy under its own name. With
    /// `keepingOwners` the copies have the jail's ids as owners, otherwise the caller's. Returns what was left out.
    public func copyOut(
        _ name: String,
        _ path: String,
        to destination: String,
        keepingOwners: Bool
    ) throws(EngineError) -> [String] {
        let hold = try JailHold.take(name, self)
        return try withRoot(of: hold) { root throws(SyscallError) in
            let item = try BeneathRoot(root).open(path, OpenFlag.pathOnly | O_NOFOLLOW)
            let place = try HostPlace.find(destination, for: path)
            try place.clear(for: try Files.status("", at: item.number))
            return try TreeCopy.item(item.number, to: place.folder.number, as: place.name, options(keepingOwners))
                .skipped
        }
    }

    /// Copies a file or tree of the host into a jail, where it belongs to root.
    ///
    /// `path` is in the jail, from `/`; an existing directory takes the copy under its own name. Returns what was left
    /// out.
    public func copyIn(
        _ name: String,
        _ source: String,
        to path: String,
        keepingOwners: Bool
    ) throws(EngineError) -> [String] {
        let hold = try JailHold.take(name, self)
        if keepingOwners, hold.isRunning {
            throw .refused("copying to \(name): owners cannot be kept while it runs: stop it first, or leave -a out")
        }
        let item = try attempting("copying \(source)") { () throws(SyscallError) in
            try Files.open(source, OpenFlag.pathOnly | O_NOFOLLOW)
        }
        return try withRoot(of: hold, changing: true) { root throws(SyscallError) in
            let tree = BeneathRoot(root)
            var (folder, name) = Self.split(path)
            if let there = try? tree.open(path, OpenFlag.readOnlyDirectory | OpenFlag.pathOnly) {
                _ = there.number
                (folder, name) = (path, Self.split(source).name)
            }
            let parent = try tree.open(folder, OpenFlag.readOnlyDirectory)
            let place = HostPlace(folder: parent, name: name)
            try place.clear(for: try Files.status("", at: item.number))
            return try TreeCopy.item(item.number, to: place.folder.number, as: place.name, options(keepingOwners))
                .skipped
        }
    }

    private func options(_ keepingOwners: Bool) -> TreeCopyOptions {
        var options = TreeCopyOptions()
        (options.owners, options.attributes, options.specialFiles) = (keepingOwners, keepingOwners, false)
        return options
    }

    fileprivate static func split(_ path: String) -> (folder: String, name: String) {
        let parts = path.split(separator: "/")
        let folder = (path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/")
        return (folder.isEmpty ? "." : folder, String(parts.last ?? "root"))
    }
}

/// Where a copy goes: a free name in an open directory.
private struct HostPlace: ~Copyable {
    let folder: OwnedDescriptor
    let name: String

    init(folder: consuming OwnedDescriptor, name: String) {
        self.folder = folder
        self.name = name
    }

    static func find(_ destination: String, for source: String) throws(SyscallError) -> HostPlace {
        if let status = try? Files.status(destination, following: true), status.isDirectory {
            let folder = try Files.open(destination, OpenFlag.readOnlyDirectory)
            return HostPlace(folder: folder, name: Engine.split(source).name)
        }
        let (folder, name) = Engine.split(destination)
        return HostPlace(folder: try Files.open(folder, OpenFlag.readOnlyDirectory), name: name)
    }

    /// Makes room for a file or link; a tree never replaces anything.
    borrowing func clear(for item: FileStatus) throws(SyscallError) {
        guard let there = try? Files.status(name, at: folder.number) else { return }
        if there.isDirectory || item.isDirectory {
            throw SyscallError(call: "copy", subject: name, errno: there.isDirectory ? EISDIR : EEXIST)
        }
        try Files.remove(name, at: folder.number)
    }
}
