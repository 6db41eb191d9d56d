import Glibc
import Launch
import LinuxKernel

/// What is known of a guest when its launch is undone.
enum GuestEnd {
    /// The start failed before anything of the guest ran: nothing of it is worth keeping.
    case neverRan
    /// It ended like this.
    case ended(WaitStatus, wantsRestart: Bool)
    /// Its launcher was killed; the guest may have run.
    case unknown
}

/// Removes what a plan made, whether all of it, some or none is there.
enum Undo {
    /// Undoes a launch in reverse and records how the guest ended.
    ///
    /// - Returns: What could not be removed, a sentence each; the next command tries again.
    static func everything(of plan: LaunchPlan, end: GuestEnd) -> [String] {
        var leftovers: [String] = []
        func attempt(_ body: () throws(SyscallError) -> Void) {
            do { try body() } catch  where error.errno == ENOENT {} catch { leftovers.append("\(error)") }
        }
        if case .neverRan = end {} else { keepCounters(plan.finish) }
        // Before the counters' file, which lies in the state directory, is settled with it.
        leftovers += NetworkActions.undo(plan.network).map { "\($0)" }
        for path in plan.finish.laterGroups + plan.cgroups.directories.reversed().map(\.path) {
            if let failure = removeCgroup(path) { leftovers.append("\(failure)") }
        }
        CgroupGuarantees.takeBack(plan.cgroups)
        let finish = plan.finish
        var removesState = finish.removeState
        // A start that failed leaves nothing, except of a jail that was there before it.
        if case .neverRan = end { removesState = !finish.keepState }
        if removesState {
            if !finish.stateDirectory.isEmpty {
                attempt { () throws(SyscallError) in try Files.removeTree(finish.stateDirectory) }
            }
        } else if case .ended(let status, let wantsRestart) = end {
            attempt { () throws(SyscallError) in
                let text = "\(status.rawValue) \(Events.now(CLOCK_REALTIME))\(wantsRestart ? " reboot" : "")\n"
                try Files.replace(finish.stateDirectory + "/exit", with: Array(text.utf8))
            }
        }
        // An exit status of an earlier run says nothing about a run whose launcher was killed.
        if case .unknown = end, !finish.stateDirectory.isEmpty {
            attempt { () throws(SyscallError) in try Files.remove(finish.stateDirectory + "/exit") }
        }
        // The id range is free only after nothing runs with it any more; the record, which holds the lock and the plan,
        // goes last: while something is left both stay, and the next command knows what to clean.
        guard leftovers.isEmpty else { return leftovers }
        if removesState {
            for claim in plan.network.finish.claims { attempt { () throws(SyscallError) in try Files.remove(claim) } }
        }
        if let base = plan.network.finish.base {
            attempt { () throws(SyscallError) in try NetworkActions.removeBase(base, last: plan.jail) }
        }
        if !finish.identityClaim.isEmpty {
            attempt { () throws(SyscallError) in try Files.remove(finish.identityClaim) }
        }
        attempt { () throws(SyscallError) in try Files.remove(finish.record) }
        return leftovers
    }

    /// Writes down what the run used; a host that does not take it loses figures, and nothing else.
    private static func keepCounters(_ finish: Finish) {
        guard !finish.counters.isEmpty, !finish.removeState, !finish.stateDirectory.isEmpty else { return }
        var kept = KeptCounters(run: finish.run, texts: [:])
        for path in finish.counters { kept.texts[path] = try? Files.readText(path) }
        // Nothing is left where an earlier clean-up removed the groups: then what that one kept stands.
        guard !kept.texts.isEmpty else { return }
        try? Files.replace(finish.stateDirectory + "/" + KeptCounters.file, with: Array(kept.text.utf8))
    }

    /// Removes one cgroup directory and all that a guest made below it.
    static func removeCgroup(_ path: String) -> SyscallError? {
        for attempt in 0..<200 {
            do throws(SyscallError) {
                try Files.removeDirectory(path)
                return nil
            } catch {
                switch error.errno {
                case ENOENT: return nil
                case EBUSY, ENOTEMPTY:
                    if attempt == 199 { return error }
                    removeChildren(path)
                    killMembers(path)
                    // Exiting processes leave their cgroup a moment after they were reaped.
                    Events.sleep(milliseconds: attempt < 20 ? 1 : 10)
                default: return error
                }
            }
        }
        return nil
    }

    private static func removeChildren(_ path: String) {
        guard let folder = try? Files.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
            let entries = try? DirectoryEntries.read(folder.number, named: path)
        else { return }
        for entry in entries where entry.type == 4 { _ = removeCgroup(path + "/" + entry.name) }
    }

    /// Ends whatever still is in the group: only processes of this jail can be.
    private static func killMembers(_ path: String) {
        Processes.signal(
            members: {
                let list = (try? Files.readText(path + "/cgroup.procs")) ?? ""
                return Set(list.split(separator: "\n").compactMap { ProcessID($0) })
            },
            SIGKILL
        )
    }
}
