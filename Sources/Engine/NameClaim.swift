import Glibc
import LinuxKernel
import Storage

/// The runtime directory of a jail, made and locked: whoever holds it owns the name.
///
/// The lock is the kernel's and goes to the launcher with the descriptor, so it is free exactly when no launcher lives:
/// that is how later commands know what to clean up.
struct NameClaim: ~Copyable {
    let path: String
    let lock: OwnedDescriptor

    /// Claims `name`.
    ///
    /// - Throws: ``EngineError/nameTaken(_:state:)`` while another holds it.
    static func take(_ name: String, in engine: Engine) throws(EngineError) -> NameClaim {
        let path = engine.layout.runtimeDirectory(name)
        for _ in 0..<16 {
            if let claim = try attempting("claiming the name \(name)", { () throws(SyscallError) in try make(path) }) {
                return claim
            }
            // Taken, or left behind by a launcher that was killed: then it is cleaned up and free.
            guard try Sweep(engine).clean(name) else {
                throw .nameTaken(name, state: JailListing(engine).state(of: name))
            }
        }
        throw .nameTaken(name, state: .starting)
    }

    private static func make(_ path: String) throws(SyscallError) -> NameClaim? {
        do throws(SyscallError) {
            try Files.makeDirectory(path, mode: 0o711)
        } catch  where error.errno == EEXIST {
            return nil
        }
        do throws(SyscallError) {
            let lock = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            _ = try FileLock.take(lock.number, named: path, wait: true)
            // A clean-up may have taken the new directory for an old one: then its name is free again.
            let (mine, there) = (try Files.status("", at: lock.number), try Files.status(path))
            return mine.inode == there.inode ? NameClaim(path: path, lock: lock) : nil
        } catch  where error.errno == ENOENT {
            return nil
        }
    }
}
