import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// Gives `body` the root directory of a jail: the one it sees while it runs, the merged layers otherwise.
    ///
    /// Whatever is in it was put there by the tenant: paths go through ``BeneathRoot``, which no link leads out of.
    ///
    /// `changing`: Files made in it shall belong to the jail's root.
    ///
    /// - Precondition: With `changing` and a running jail: single-threaded, for this process then makes files as the
    ///   jail's root until the call returns.
    func withRoot<Result>(
        of hold: borrowing JailHold,
        changing: Bool = false,
        _ body: (Int32) throws(SyscallError) -> Result
    ) throws(EngineError) -> Result {
        let name = hold.name
        guard hold.isRunning else {
            let found = try attempting("reading the root of \(name)") { () throws(SyscallError) in
                try JailRoot.read(layout.rootRecord(name))
            }
            guard let root = found else {
                throw .refused("opening the root of \(name): it is a directory of the host: work on that")
            }
            return try attempting("opening the root of \(name)") { () throws(SyscallError) in
                let writable = WritableLayer(stateDirectory: layout.stateDirectory(name))
                let merged = try MergedRoot.open(layers: layout.paths(of: root), writable: writable)
                let result = try body(merged.number)
                if changing { try merged.close() }
                return result
            }
        }
        let record = try JailListing(self).running(name)
        guard let recorded = record.process else { throw .notRunning(name, state: .stopped) }
        return try attempting("opening the root of \(name)") { () throws(SyscallError) in
            let root = try Files.open("/proc/\(recorded.pid)/root", OpenFlag.readOnlyDirectory)
            // After it was opened: the number could have become another process' before.
            guard (try? Processes.startTime(of: recorded.pid)) == recorded.startTime else {
                throw SyscallError(call: "open", subject: "the root of \(name), which has ended", errno: ESRCH)
            }
            guard changing else { return try body(root.number) }
            let base = record.plan.identity.hostBase
            try Files.create(asUser: base, group: base)
            defer { try? Files.create(asUser: 0, group: 0) }
            return try body(root.number)
        }
    }
}
