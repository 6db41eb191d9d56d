import Cgroups
import Glibc
import LinuxKernel
import Storage

/// A jail whose files are worked on: others who want to wait, and nobody can start it meanwhile.
///
/// The lock on the state directory orders commands on one jail and dies with its holder. A jail that does not run is also
/// claimed by name, as a start would do.
struct JailHold: ~Copyable {
    let name: String
    let isRunning: Bool
    private let lock: OwnedDescriptor
    private let claimed: String?
    private let claimLock: OwnedDescriptor?

    /// Holds the jail `name`; finishes what a killed command had begun on it.
    static func take(_ name: String, _ engine: Engine) throws(EngineError) -> JailHold {
        let listing = JailListing(engine)
        let state = engine.layout.stateDirectory(name)
        guard listing.names().contains(name), Files.exists(state) else {
            _ = try listing.record(name)
            throw .refused("working on the files of \(name): nothing is kept of it: start it without --rm")
        }
        let lock = try attempting("waiting for \(name)") { () throws(SyscallError) in
            let lock = try Files.open(state, OpenFlag.readOnlyDirectory)
            _ = try FileLock.take(lock.number, named: state, wait: true)
            return lock
        }
        let isRunning = listing.state(of: name).isRunning
        let hold: JailHold
        if isRunning {
            hold = JailHold(name: name, isRunning: true, lock: lock, claimed: nil, claimLock: nil)
        } else {
            let claim = try NameClaim.take(name, in: engine)
            let copy = try attempting("claiming \(name)") { () throws(SyscallError) in try claim.lock.duplicate() }
            hold = JailHold(name: name, isRunning: false, lock: lock, claimed: claim.path, claimLock: copy)
        }
        try hold.finishOthersWork(engine)
        return hold
    }

    private init(
        name: String,
        isRunning: Bool,
        lock: consuming OwnedDescriptor,
        claimed: String?,
        claimLock: consuming OwnedDescriptor?
    ) {
        self.name = name
        self.isRunning = isRunning
        self.lock = lock
        self.claimed = claimed
        self.claimLock = claimLock
    }

    deinit {
        if let claimed { try? Files.remove(claimed) }
    }

    private borrowing func finishOthersWork(_ engine: Engine) throws(EngineError) {
        let mark = Freezing.mark(name, engine)
        if Files.exists(mark) { Freezing.end(name, engine) }
        guard !isRunning else { return }
        let change = RootChange(engine.layout, name)
        let jail = name
        try attempting("finishing the last change of \(jail)") { () throws(SyscallError) in
            if change.isPending { try change.settle() }
        }
        try Relabelling.finish(jail, engine)
    }

    /// Says that the command wants a stopped jail.
    borrowing func requireStopped(to action: String) throws(EngineError) {
        if isRunning { throw .refused("\(action) \(name): it is running: stop it first") }
    }
}

extension JailState {
    /// Whether the jail's files are in use.
    var isRunning: Bool { self == .running || self == .paused || self == .starting }
}

/// A running jail that stands still while its files are copied.
///
/// A mark beside the jail says who did it: should this command be killed, the next one that holds the jail thaws it.
enum Freezing {
    static func mark(_ name: String, _ engine: Engine) -> String { engine.layout.stateDirectory(name) + "/freezing" }

    /// Runs `body` while no process of the jail runs; one that was paused before stays so.
    static func during(
        _ name: String,
        _ engine: Engine,
        _ body: () throws(EngineError) -> Void
    ) throws(EngineError) {
        guard JailListing(engine).state(of: name) != .paused else { return try body() }
        let record = try JailListing(engine).running(name)
        try attempting("marking \(name) as frozen") { () throws(SyscallError) in
            try Files.replace(mark(name, engine), with: [])
        }
        do throws(CgroupError) {
            try CgroupControl(record.group).freeze()
        } catch {
            end(name, engine)
            throw .refused("freezing \(name): \(error)")
        }
        do throws(EngineError) {
            try body()
        } catch {
            end(name, engine)
            throw error
        }
        end(name, engine)
    }

    /// Thaws the jail if it runs, and forgets about it.
    static func end(_ name: String, _ engine: Engine) {
        if let record = try? JailListing(engine).running(name) { try? CgroupControl(record.group).thaw() }
        try? Files.remove(mark(name, engine))
    }
}
