import Glibc
import LinuxKernel

/// A directory tree in which every path is resolved as if the tree were `/`, whatever symlinks are planted in it.
///
/// Symlinks are followed here, component by component, not by the kernel: an absolute target begins at the tree's
/// root again and `..` stops there. That is safe only at rest: no other process may change the tree meanwhile, which
/// holds in a build directory between two steps (mode 0700, and a step's processes are gone when it is over).
struct RootedTree {
    /// The host path of the tree, without a trailing slash.
    let root: String

    /// The host path for `path` inside, its directories resolved and its last component not.
    ///
    /// With `makingParents`, missing directories are made, mode 0755, owned by root.
    func hostPath(_ path: String, makingParents: Bool = false) throws(SyscallError) -> String {
        var parts = path.split(separator: "/").map(String.init).filter { $0 != "." }
        guard let name = parts.popLast() else { return root }
        if name == ".." { throw SyscallError(call: "resolve", subject: path, errno: EINVAL) }
        return try resolve(parts, of: path, making: makingParents, endsAnywhere: false) + "/" + name
    }

    /// The host path for `path` inside with a final symlink resolved too.
    ///
    /// What it leads to need not exist.
    func followed(_ path: String) throws(SyscallError) -> String {
        try resolve(path.split(separator: "/").map(String.init), of: path, making: false, endsAnywhere: true)
    }

    /// The content of a small file inside; `nil` where there is none.
    func text(_ path: String, limit: Int = 1 << 26) throws(SyscallError) -> String? {
        do {
            let host = try followed(path)
            guard try Files.status(host).isRegular else { return nil }
            return String(decoding: try Files.readBytes(host, limit: limit), as: UTF8.self)
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return nil
        }
    }

    /// Removes what is at `path`, whatever it is; nothing there is fine.
    func remove(_ path: String) throws(SyscallError) {
        do {
            try Files.removeTree(try hostPath(path))
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return
        }
    }

    /// Removes what is in the directory at `path`, if it is a real directory.
    func empty(_ path: String) throws(SyscallError) {
        do {
            let host = try hostPath(path)
            guard try Files.status(host).isDirectory else { return }
            for name in try Files.list(host) { try Files.removeTree("\(host)/\(name)") }
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return
        }
    }

    /// Removes all files below the directory at `path`, if it is a real directory, and leaves its directories.
    func removeFiles(below path: String) throws(SyscallError) {
        guard let host = try? hostPath(path), let status = try? Files.status(host), status.isDirectory else { return }
        for name in try Files.list(host) {
            if try Files.status("\(host)/\(name)").isDirectory {
                try removeFiles(below: "\(path)/\(name)")
            } else {
                try Files.remove("\(host)/\(name)")
            }
        }
    }

    // With `endsAnywhere`, the last component may be missing, or something else than a directory.
    private func resolve(
        _ parts: [String],
        of path: String,
        making: Bool,
        endsAnywhere: Bool
    ) throws(SyscallError) -> String {
        var pending = Array(parts.reversed())
        var real: [String] = []
        var links = 0
        while let part = pending.popLast() {
            if part == "." { continue }
            if part == ".." {
                _ = real.popLast()
                continue
            }
            let host = ([root] + real + [part]).joined(separator: "/")
            let isEnd = endsAnywhere && pending.isEmpty
            guard let status = try status(host, making: making, missingIsFine: isEnd) else { return host }
            if status.isLink {
                links += 1
                if links > 40 { throw SyscallError(call: "resolve", subject: path, errno: ELOOP) }
                let target = try Files.readLink(host)
                if target.hasPrefix("/") { real = [] }
                pending += target.split(separator: "/").map(String.init).reversed()
            } else if status.isDirectory {
                real.append(part)
            } else if isEnd {
                return host
            } else {
                throw SyscallError(call: "resolve", subject: path, errno: ENOTDIR)
            }
        }
        return ([root] + real).joined(separator: "/")
    }

    private func status(_ host: String, making: Bool, missingIsFine: Bool) throws(SyscallError) -> FileStatus? {
        do {
            return try Files.status(host)
        } catch  where error.errno == ENOENT && missingIsFine {
            return nil
        } catch  where error.errno == ENOENT && making {
            try makeDirectory(host)
            return try Files.status(host)
        }
    }

    private func makeDirectory(_ host: String) throws(SyscallError) {
        try Files.makeDirectory(host)
        let folder = try Files.open(host, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        try RawFiles.setOwner(folder.number, uid: 0, gid: 0, mode: 0o755, named: host)
    }
}
