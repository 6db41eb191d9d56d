import Glibc
import LinuxKernel

/// Orders changes of a store: held for moments, never while something is built or copied.
///
/// A build's own directory has a lock for as long as the build takes; this one covers the instants in which names
/// appear and disappear: making that directory, publishing a layer with its manifest, removing, collecting.
struct StoreLock: ~Copyable {
    private let file: OwnedDescriptor

    private init(_ file: consuming OwnedDescriptor) {
        self.file = file
    }

    /// Waits for the lock.
    ///
    /// It goes when the value does, or with the process.
    static func take(_ store: TemplateStore, exclusive: Bool) throws(TemplateError) -> StoreLock {
        try store.makeDirectories()
        let path = "\(store.layersDirectory)/.lock"
        return try attempting("lock the template store") { () throws(SyscallError) in
            let file = try Files.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
            _ = try RawFiles.lock(file.number, exclusive: exclusive, trying: false, named: path)
            return StoreLock(file)
        }
    }
}
