import Cgroups
import Glibc
import Launch
import LinuxKernel
import Storage

extension Engine {
    /// Asks a jail to end, and ends it when it does not within `graceMilliseconds`.
    ///
    /// - Returns: Whether it ended by itself.
    /// - Throws: ``EngineError`` when it does not run, or its launcher does not finish cleaning up.
    @discardableResult
    public func stop(_ name: String, graceMilliseconds: Int64) throws(EngineError) -> Bool {
        let record = try JailListing(self).running(name)
        guard let process = record.process?.open() else { return true }
        // A frozen process takes no signal: a paused jail is thawed to be stopped.
        if record.state == .paused { try? CgroupControl(record.group).thaw() }
        let ended = try attempting("stopping \(name)") { () throws(SyscallError) in
            try Self.signal(process.number, record.plan.process.stopSignal)
            return try Self.hasEnded(process.number, withinMilliseconds: graceMilliseconds)
        }
        if !ended {
            try attempting("killing \(name)") { () throws(SyscallError) in
                try Self.signal(process.number, SIGKILL)
                _ = try Self.hasEnded(process.number, withinMilliseconds: 10_000)
            }
        }
        try awaitCleanUp(name)
        return ended
    }

    /// Sends a signal to the jail's first process; SIGKILL ends all of them.
    public func kill(_ name: String, signal: Int32) throws(EngineError) {
        let record = try JailListing(self).running(name)
        guard let process = record.process?.open() else { throw .notRunning(name, state: .stopped) }
        try attempting("sending signal \(signal) to \(name)") { () throws(SyscallError) in
            try Self.signal(process.number, signal)
        }
        if signal == SIGKILL { try awaitCleanUp(name) }
    }

    /// Removes a jail and everything that was kept of it.
    ///
    /// `force`: End it first if it runs, and remove it even if its record cannot be read.
    public func remove(_ name: String, force: Bool) throws(EngineError) {
        let listing = JailListing(self)
        guard listing.names().contains(name) else {
            _ = try listing.record(name)
            return
        }
        switch listing.state(of: name) {
        case .running, .paused, .starting:
            guard force else { throw .stillRunning(name) }
            try kill(name, signal: SIGKILL)
        case .created, .stopped, .failed: _ = try Sweep(self).clean(name)
        }
        let claim = IdentityClaim.keptClaim(of: layout.stateDirectory(name), in: layout)
        let sharesLayers = try standsOnOwnLayers(name)
        let addresses = (try? JailRecord.plan(in: layout.stateDirectory(name) + "/record"))?.network.finish.claims ?? []
        try attempting("removing \(name)") { () throws(SyscallError) in
            try Files.removeTree(layout.stateDirectory(name))
            if let claim { try? Files.remove(claim) }
            for address in addresses { try? Files.remove(address) }
        }
        if sharesLayers { try collectLayers() }
    }

    private static func signal(_ pidfd: Int32, _ number: Int32) throws(SyscallError) {
        do throws(SyscallError) {
            try Processes.signal(pidfd: pidfd, number)
        } catch  where error.errno == ESRCH {
            // It has ended meanwhile, which is what was wanted.
        }
    }

    private static func hasEnded(_ pidfd: Int32, withinMilliseconds limit: Int64) throws(SyscallError) -> Bool {
        let deadline = Events.now() + limit * 1_000_000
        while true {
            let rest = max(0, (deadline - Events.now()) / 1_000_000)
            let ready = try Events.wait(for: [(pidfd, Int16(POLLIN))], milliseconds: Int32(clamping: rest))
            if ready[0] != 0 { return true }
            if rest == 0 { return false }
        }
    }

    /// The launcher frees its lock, or removes the directory, as its last act.
    private func awaitCleanUp(_ name: String) throws(EngineError) {
        for _ in 0..<2000 {
            if try Sweep(self).clean(name) { return }
            Events.sleep(milliseconds: 5)
        }
        throw .refused("stopping \(name): its launcher did not finish cleaning up within 10 s: see bailey ls")
    }
}
