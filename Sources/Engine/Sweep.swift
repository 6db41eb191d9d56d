import Glibc
import Launch
import LinuxKernel
import Storage

/// Cleans up after launchers that were killed.
///
/// A runtime directory whose lock is free has no launcher any more. Its plan lists everything that was made, so
/// `bailey-init clean` can undo it, with the very code that a launcher ends with.
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

    private func names() -> [String] { (try? Files.list("\(engine.layout.runtime)/jails")) ?? [] }

    /// Undoes what a killed launcher of this jail left.
    ///
    /// - Returns: Whether no runtime directory of this name is left; false while a launcher lives.
    public func clean(_ name: String) throws(EngineError) -> Bool {
        let path = engine.layout.runtimeDirectory(name)
        return try attempting("cleaning up after \(name)") { () throws(SyscallError) in
            guard Files.exists(path) else { return true }
            let lock: OwnedDescriptor
            do throws(SyscallError) {
                lock = try Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            } catch  where error.errno == ENOENT {
                return true
            }
            guard try FileLock.take(lock.number, named: path, wait: false) else { return false }
            guard Files.exists(path + "/plan") else { return try cleanUnplanned(path) }
            try undo(path, lock.number)
            return !Files.exists(path)
        }
    }

    /// A start that died before it wrote its plan, or one that is about to take its lock: time tells them apart.
    private func cleanUnplanned(_ path: String) throws(SyscallError) -> Bool {
        let age = Events.now(CLOCK_REALTIME) - (try Files.status(path)).modified
        guard age > 2_000_000_000 else { return false }
        IdentityClaim.releaseAll(of: path)
        engine.networks.release(path, String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]))
        try Files.removeTree(path)
        return true
    }

    /// The child holds the lock too: should this command be killed, the name stays taken until the child has ended, and
    /// no new jail of that name meets its clean-up.
    private func undo(_ path: String, _ lock: Int32) throws(SyscallError) {
        let plan = try SealedMemory.make("bailey-plan", Files.readBytes(path + "/plan"))
        let null = try Files.open("/dev/null", O_RDWR)
        let child = try Processes.spawn(
            engine.initProgram,
            ["bailey-init", "clean", "3"],
            [],
            descriptors: [(null.number, 0), (null.number, 1), (2, 2), (plan.number, 3), (lock, 4)]
        )
        _ = try Processes.reap(child.pid)
    }

    private func removeEmptyParents() {
        guard let hierarchy = try? FactsAboutCgroups.detect() else { return }
        for root in hierarchy {
            let top = "\(root)/\(engine.layout.cgroupRoot)"
            guard let tenants = try? Files.open(top, O_RDONLY | O_DIRECTORY) else { continue }
            for entry in (try? DirectoryEntries.read(tenants.number, named: top)) ?? [] where entry.type == 4 {
                try? Files.removeDirectory("\(top)/\(entry.name)")
            }
            try? Files.removeDirectory(top)
        }
    }
}
