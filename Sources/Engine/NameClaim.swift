import Glibc
import LinuxKernel
import Storage

/// The record of a start, made and locked: whoever holds it owns the jail's name.
///
/// The lock is the kernel's and goes to the launcher with the descriptor, so it is free exactly when no launcher lives:
/// that is how later commands know what to clean up. The file gets its lock before it gets its name: nobody ever sees
/// the name without the lock of a start that goes on.
struct NameClaim: ~Copyable {
    let path: String
    let lock: OwnedDescriptor

    /// Claims `name`.
    ///
    /// - Throws: ``EngineError/nameTaken(_:state:)`` while another holds it.
    static func take(_ name: String, in engine: Engine) throws(EngineError) -> NameClaim {
        let path = engine.layout.record(name)
        let file = try attempting("claiming the name \(name)") { () throws(SyscallError) in
            let file = try Files.openNameless(in: engine.layout.records, O_RDWR, mode: 0o600)
            _ = try FileLock.take(file.number, named: path, wait: true)
            return file
        }
        for _ in 0..<16 {
            let isMine = try attempting("claiming the name \(name)") { () throws(SyscallError) in
                try Files.name(file.number, path)
            }
            if isMine { return NameClaim(path: path, lock: file) }
            // Taken, or left behind by a launcher that was killed: then it is cleaned up and free.
            guard try Sweep(engine).clean(name) else {
                throw .nameTaken(name, state: JailListing(engine).state(of: name))
            }
        }
        throw .nameTaken(name, state: .starting)
    }
}
