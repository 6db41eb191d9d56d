import Glibc
import LinuxKernel

/// A private directory in which a layer comes into being; gone with its owner unless it became a layer.
///
/// It is locked through an open descriptor that every program working in it inherits. So a directory whose lock can
/// be taken belongs to a build that was killed, and nobody writes to it any more.
struct BuildDirectory: ~Copyable {
    /// The host path, mode 0700.
    let path: String
    private let folder: OwnedDescriptor

    /// Where the rootfs grows.
    var rootfs: String { "\(path)/rootfs" }
    /// For everything else the build needs.
    var work: String { "\(path)/work" }
    /// The lock, to be held open by every program that works here.
    var lock: Int32 { folder.number }

    /// Makes an empty directory and locks it, after collecting what killed builds left.
    static func make(in store: TemplateStore, for name: String) throws(TemplateError) -> BuildDirectory {
        let lock = try StoreLock.take(store, exclusive: true)
        try collectAbandoned(in: store)
        let path = "\(store.layersDirectory)/.building-\(name)-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let build = try attempting("make a build directory") { () throws(SyscallError) in
            try Files.makeDirectory(path, mode: 0o700)
            let folder = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            _ = try RawFiles.lock(folder.number, exclusive: true, trying: true, named: path)
            return BuildDirectory(path: path, folder: folder)
        }
        try attempting("make a build directory") { () throws(SyscallError) in
            for part in ["rootfs", "work"] {
                try Files.makeDirectory("\(path)/\(part)")
                let made = try Files.open("\(path)/\(part)", O_RDONLY | O_DIRECTORY)
                try RawFiles.setOwner(made.number, uid: 0, gid: 0, mode: 0o755, named: path)
            }
        }
        _ = consume lock
        return build
    }

    private init(path: String, folder: consuming OwnedDescriptor) {
        self.path = path
        self.folder = folder
    }

    deinit {
        _ = try? Files.removeTree(path)
    }

    /// Removes build directories that nobody holds.
    ///
    /// The store's lock must be held exclusively.
    static func collectAbandoned(in store: TemplateStore) throws(TemplateError) {
        try attempting("collect abandoned builds") { () throws(SyscallError) in
            for name in try Files.list(store.layersDirectory) where name.hasPrefix(".building-") {
                let path = "\(store.layersDirectory)/\(name)"
                let folder = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                guard try RawFiles.lock(folder.number, exclusive: true, trying: true, named: path) else { continue }
                try Files.removeTree(path)
            }
        }
    }
}
