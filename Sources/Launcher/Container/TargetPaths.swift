import Glibc
import LinuxKernel

/// Places inside a container's root, made where they are missing.
///
/// Every look-up is one of ``BeneathRoot``: nothing that the root holds leads out of it.
struct TargetPaths {
    private let beneath: BeneathRoot

    init(root: Int32) {
        beneath = BeneathRoot(root)
    }

    /// A descriptor (`O_PATH`) of `path`, nil when it is not there.
    func find(_ path: String, following: Bool = true, linkFree: Bool = false) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            let flags = OpenFlag.pathOnly | (following ? 0 : O_NOFOLLOW)
            return try beneath.open(path, flags, linkFree: linkFree)
        } catch  where error.errno == ENOENT || error.errno == ENOTDIR {
            return nil
        }
    }

    /// Opens `path` for something other than its place.
    func open(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(SyscallError) -> OwnedDescriptor {
        try beneath.open(path, flags, mode: mode)
    }

    /// A place to mount on: what is there, or a new directory or file.
    ///
    /// - Returns: The place, and whether it was made.
    func place(
        _ path: String,
        directory: Bool,
        following: Bool = true,
        linkFree: Bool = false
    ) throws(SyscallError) -> MountPlace {
        if let found = try find(path, following: following, linkFree: linkFree) {
            let isDirectory = try Files.status("", at: found.number).isDirectory
            guard isDirectory == directory || !following else {
                throw SyscallError(call: "open", subject: path, errno: directory ? ENOTDIR : EISDIR)
            }
            return MountPlace(descriptor: found, isNew: false)
        }
        let real = try make(path, directory: directory)
        return MountPlace(descriptor: try beneath.open(real, OpenFlag.pathOnly, linkFree: linkFree), isNew: true)
    }

    /// Makes a directory and its missing parents.
    func makeDirectory(_ path: String) throws(SyscallError) {
        if try find(path) == nil { _ = try make(path, directory: true) }
    }

    /// The parent directory of `path`, made when missing, and the last name.
    func parent(of path: String) throws(SyscallError) -> ParentPlace {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        guard let name = parts.last, name != "..", name != "." else {
            throw SyscallError(call: "open", subject: path, errno: EINVAL)
        }
        let folder = "/" + parts.dropLast().joined(separator: "/")
        try makeDirectory(folder)
        return ParentPlace(folder: try beneath.open(folder, O_RDONLY | O_DIRECTORY), name: name)
    }

    /// As many links as the kernel follows in one look-up; path_resolution(7).
    private static let mostLinks = 40

    /// Walks `path` name by name, makes what is missing, and goes where a link that points to nothing yet would lead.
    ///
    /// - Returns: The same place without links.
    private func make(_ path: String, directory: Bool) throws(SyscallError) -> String {
        var rest = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)[...]
        var real: [String] = []
        var links = 0
        while let name = rest.popFirst() {
            if name == "." { continue }
            if name == ".." {
                _ = real.popLast()
                continue
            }
            let folder = try beneath.open("/" + real.joined(separator: "/"), O_RDONLY | O_DIRECTORY, linkFree: true)
            guard let status = try? Files.status(name, at: folder.number) else {
                try makeOne(name, in: folder.number, directory: directory || !rest.isEmpty)
                real.append(name)
                continue
            }
            guard status.isLink else {
                real.append(name)
                continue
            }
            links += 1
            if links > Self.mostLinks { throw SyscallError(call: "open", subject: path, errno: ELOOP) }
            let target = try Files.readLink(name, at: folder.number)
            if target.hasPrefix("/") { real = [] }
            rest = (target.split(separator: "/", omittingEmptySubsequences: true).map(String.init) + rest)[...]
        }
        return "/" + real.joined(separator: "/")
    }

    private func makeOne(_ name: String, in folder: Int32, directory: Bool) throws(SyscallError) {
        if directory { return try Files.makeDirectory(name, mode: 0o755, at: folder) }
        _ = try Files.open(name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode: 0o644, at: folder)
    }
}

/// Where something is mounted.
struct MountPlace: ~Copyable {
    let descriptor: OwnedDescriptor
    let isNew: Bool
}

/// A directory and a name in it.
struct ParentPlace: ~Copyable {
    let folder: OwnedDescriptor
    let name: String
}
