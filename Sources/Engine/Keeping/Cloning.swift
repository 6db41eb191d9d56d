import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// Makes a jail that begins with the files another has now, and shares them until one of the two changes them.
    ///
    /// What was made for one machine alone is made anew: machine-id, ssh host keys, random seeds. The clone has the
    /// source's limits, a log and a writable layer of its own, and does not run.
    ///
    /// - Returns: What could not be made anew, a sentence each.
    public func clone(_ name: String, to new: String) throws(EngineError) -> [String] {
        try checkNew(new, for: "cloning \(name) to \(new)")
        let hold = try JailHold.take(name, self)
        let kept = try attempting("keeping layers") { () throws(SyscallError) in try OwnLayers(layout).hold() }
        var root = try freezeLayers(hold)
        let image = root.image
        root.image = nil
        var notes: [String] = []
        let making = "\(layout.library)/own/.making-\(OwnLayers.newName())"
        do throws(EngineError) {
            let lock = try attempting("making \(new)") { () throws(SyscallError) in
                try Files.makeDirectory(making, mode: 0o700)
                let lock = try Files.open(making, OpenFlag.readOnlyDirectory)
                _ = try FileLock.take(lock.number, named: making, wait: true)
                return lock
            }
            try attempting("making the files of \(new)") { () throws(SyscallError) in
                try makeWritable(from: layout.stateDirectory(name), image: image, in: making)
                try root.write(making + "/root", durable: false)
                for file in ["record", "declaration"] {
                    let path = "\(layout.stateDirectory(name))/\(file)"
                    guard Files.exists(path) else { continue }
                    try Files.replace("\(making)/\(file)", with: try Files.readBytes(path))
                }
                try Files.replace(making + "/fresh", with: [])
            }
            try Relabelling.apply(new, in: making, self)
            notes = try attempting("giving \(new) an identity of its own") { () throws(SyscallError) in
                let writable = WritableLayer(stateDirectory: making)
                return try MachineIdentity.renew(layers: layout.paths(of: root), writable: writable)
            }
            try attempting("naming \(new)") { () throws(SyscallError) in
                try Files.rename(making, to: layout.stateDirectory(new), replacing: false)
            }
            _ = lock.number
        } catch {
            try? Files.removeTree(making)
            throw error
        }
        _ = kept.number
        return notes
    }

    /// A writable layer held to the limit of another jail; with the copy of its image, if it has one.
    private func makeWritable(from source: String, image: String?, in state: String) throws(SyscallError) {
        if let image {
            // The copy was made for this clone alone: it becomes the clone's.
            try Files.rename("\(layout.ownLayers)/\(image)/disk.img", to: DiskImage.path(in: state))
            return try Files.removeTree("\(layout.ownLayers)/\(image)")
        }
        let account = try DiskAccount.of(source)
        let limit = DiskLimit(space: account?.use.spaceLimit ?? 0, inodes: account?.use.inodeLimit ?? 0)
        try WritableLayer(stateDirectory: state).make(limit, account?.binding)
    }
}

/// What a root file system says about the one machine it is on.
enum MachineIdentity {
    private static let seeds = ["/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed", "/var/lib/seedrng"]

    /// Makes it anew in a root that nobody uses.
    ///
    /// - Returns: What could not be made.
    static func renew(layers: [String], writable: WritableLayer) throws(SyscallError) -> [String] {
        let root = try MergedRoot.open(layers: layers, writable: writable)
        let tree = BeneathRoot(root.number)
        for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
            // An empty one says "make your own at boot": machine-id(5). Where nothing does, it is made here.
            guard let old = try? tree.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
                try Files.status("", at: old.number).isRegular, try Files.status("", at: old.number).size > 0
            else { continue }
            try write(path, Array("\(OwnLayers.newName())\(OwnLayers.newName())\n".utf8), mode: 0o444, in: tree)
        }
        for path in seeds { try? remove(path, in: tree) }
        let notes = try renewHostKeys(tree)
        try root.close()
        return notes
    }

    private static func renewHostKeys(_ tree: BeneathRoot) throws(SyscallError) -> [String] {
        guard let folder = try? tree.open("/etc/ssh", OpenFlag.readOnlyDirectory) else { return [] }
        let keys = try Files.list(".", at: folder.number).filter { $0.hasPrefix("ssh_host_") && $0.hasSuffix("_key") }
        var notes: [String] = []
        for key in keys {
            let type = String(key.dropFirst("ssh_host_".utf8.count).dropLast("_key".utf8.count))
            try? remove("/etc/ssh/\(key)", in: tree)
            try? remove("/etc/ssh/\(key).pub", in: tree)
            guard ["rsa", "ecdsa", "ed25519"].contains(type), HostProgram.find("ssh-keygen") != nil else {
                notes.append("\(key) was removed and not made anew: run ssh-keygen -A inside")
                continue
            }
            let temporary = "/run/bailey/key-\(OwnLayers.newName())"
            defer { for end in ["", ".pub"] { try? Files.remove(temporary + end) } }
            try HostProgram.run(["ssh-keygen", "-q", "-t", type, "-N", "", "-C", "root@bailey", "-f", temporary])
            try write("/etc/ssh/\(key)", try Files.readBytes(temporary), mode: 0o600, in: tree)
            try write("/etc/ssh/\(key).pub", try Files.readBytes(temporary + ".pub"), mode: 0o644, in: tree)
        }
        return notes
    }

    private static func parts(_ path: String) -> (folder: String, name: String) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    private static func remove(_ path: String, in tree: BeneathRoot) throws(SyscallError) {
        let (folder, name) = parts(path)
        let parent = try tree.open(folder, OpenFlag.readOnlyDirectory)
        try Files.remove(name, at: parent.number)
    }

    /// Never written through what is there: a link planted under the name is replaced.
    private static func write(
        _ path: String,
        _ bytes: [UInt8],
        mode: UInt32,
        in tree: BeneathRoot
    ) throws(SyscallError) {
        try? remove(path, in: tree)
        let (folder, name) = parts(path)
        let parent = try tree.open(folder, OpenFlag.readOnlyDirectory)
        let file = try Files.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, at: parent.number)
        try Files.write(file.number, bytes, named: path)
    }
}
