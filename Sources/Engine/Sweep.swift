import Glibc
import Launch
import LinuxKernel
import Storage

/// Cleans up after launchers that were killed.
///
/// A record whose lock is free has no launcher any more. Its plan lists everything that was made, so `bailey-init clean`
/// can undo it, with the very code that a launcher ends with.
public struct Sweep {
    private let engine: Engine

    /// A sweep over the engine's state.
    public init(_ engine: Engine) {
        self.engine = engine
    }

    /// Looks at every jail, and removes parent cgroups that hold none any more.
    public func cleanAll() {
        for name in names() { _ = try? clean(name) }
        removeEmptyParents()
    }

    /// Looks at some jails, beginning anywhere: what a start can afford however many jails run.
    func cleanSome(_ limit: Int = 32) {
        let names = names()
        let first = names.isEmpty ? 0 : Int(truncatingIfNeeded: Events.now() >> 8) % names.count
        for index in 0..<min(limit, names.count) { _ = try? clean(names[(first + index) % names.count]) }
    }

    private func names() -> [String] { (try? Files.list(engine.layout.records)) ?? [] }

    /// Undoes what a killed launcher of this jail left.
    ///
    /// - Returns: Whether no record of this name is left; false while a launcher lives.
    public func clean(_ name: String) throws(EngineError) -> Bool {
        let path = engine.layout.record(name)
        return try attempting("cleaning up after \(name)") { () throws(SyscallError) in
            let lock: OwnedDescriptor
            do throws(SyscallError) {
                lock = try Files.open(path, O_RDWR | O_NOFOLLOW)
            } catch  where error.errno == ENOENT {
                return true
            }
            guard try FileLock.take(lock.number, named: path, wait: false) else { return false }
            // While we waited for nobody another may have cleaned up, and a new start taken the name.
            guard try Files.status("", at: lock.number).inode == (try? Files.status(path))?.inode else {
                return !Files.exists(path)
            }
            guard let record = StartRecord(try Files.read(lock.number, named: path)) else {
                // Killed before its plan was written whole: nothing but ids and addresses was claimed.
                IdentityClaim.releaseAll(of: path, in: engine.layout)
                engine.networks.release(path, name)
                try Files.remove(path)
                return true
            }
            try undo(record, lock.number)
            return !Files.exists(path)
        }
    }

    /// The child holds the lock too: should this command be killed, the name stays taken until the child has ended, and
    /// no new jail of that name meets its clean-up.
    private func undo(_ record: StartRecord, _ lock: Int32) throws(SyscallError) {
        let plan = try SealedMemory.make("bailey-plan", record.plan)
        let null = try Files.open("/dev/null", O_RDWR)
        let child = try Processes.spawn(
            engine.initProgram,
            ["bailey-init", "clean", "3"],
            [],
            descriptors: [(null.number, 0), (null.number, 1), (2, 2), (plan.number, 3), (lock, 4)]
        )
        _ = try Processes.reap(child.pid)
    }

    /// Removes groups of tenants that hold no jail any more, parts of tenants before those that they are parts of.
    public func removeEmptyParents() {
        guard let hierarchy = try? FactsAboutCgroups.detect() else { return }
        // Below a tenant's group are its parts and its jails; a jail's own group is its launcher's to remove.
        let jails = Set(JailListing(engine).names())
        let parts = Set((try? Files.list(engine.layout.library + "/tenants")) ?? []).subtracting(jails)
        for root in hierarchy {
            let top = "\(root)/\(engine.layout.cgroupRoot)"
            for name in Self.folders(top) { Self.removeEmpty("\(top)/\(name)", parts, depth: 0) }
            try? Files.removeDirectory(top)
        }
    }

    private static func removeEmpty(_ path: String, _ parts: Set<String>, depth: Int) {
        guard depth < 32 else { return }
        if !parts.isEmpty {
            for name in folders(path) where parts.contains(name) {
                removeEmpty("\(path)/\(name)", parts, depth: depth + 1)
            }
        }
        try? Files.removeDirectory(path)
    }

    private static func folders(_ path: String) -> [String] {
        guard let folder = try? Files.open(path, O_RDONLY | O_DIRECTORY) else { return [] }
        return ((try? DirectoryEntries.read(folder.number, named: path)) ?? []).filter { $0.type == 4 }.map(\.name)
    }
}
