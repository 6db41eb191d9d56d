import Allocation
import ControlAPI
import Declarations
import Engine
import LinuxKernel

/// What a supervisor does first: compares what was begun with what is there, and brings back what shall run.
extension Supervisor {
    /// Takes up where the supervisor before left off.
    ///
    /// In this order: what was begun is finished or undone; what launchers left that were killed is removed; every jail
    /// that runs is adopted, with a descriptor that no other process can have; what shall run and does not is started.
    package func recover() async throws {
        await loadTenants()
        do { try await sampler.load() } catch {
            logger.error("counters are not known", metadata: ["error": "\(error)"])
        }
        var interrupted: Set<String> = []
        for entry in try store.unfinished() {
            let outcome = await finishOrUndo(entry)
            // It ran, and was to run again: whatever its policy says of ends.
            if entry.operation == .recreate { interrupted.insert(entry.jail) }
            logger.notice("took up what was begun", metadata: ["jail": "\(entry.jail)", "outcome": "\(outcome)"])
            await report(
                Event(
                    time: Events.now(realTimeClock),
                    kind: "recovered",
                    jail: entry.jail,
                    text: "the \(entry.operation.rawValue) that was begun is \(outcome)"
                )
            )
            try store.finish(entry.id)
        }
        try await workers.run { [engine] in Sweep(engine).cleanAll() }
        // Only now: finishing may have changed what shall run.
        let wanted = try store.wanted()
        let names = try await workers.run { [engine] in JailListing(engine).names() }
        for name in names { _ = try? await notice(name, wanted: wanted[name]) }
        // What ended while nobody looked has its last figures beside it.
        for (name, jail) in jails where await !jail.isUp { await account(name, await jail.tenant) }
        for (name, _) in wanted where jails[name] == nil { try? store.forget(name) }
        await bringBack(interrupted)
        for (name, jail) in jails where wanted[name] == true {
            if await !jail.life.isWanted { try? store.remember(name, wanted: false) }
        }
    }

    private func finishOrUndo(_ entry: JournalEntry) async -> String {
        let (engine, name) = (engine, entry.jail)
        let result = try? await workers.run { () -> String in
            let state = JailListing(engine).knownState(of: name)
            switch entry.operation {
            case .create:
                // Whole, or not there: a jail without a declaration could never be started.
                if (try? engine.keptSpec(name)) != nil, state == .created || state == .stopped { return "finished" }
                if state != nil, state != .running, state != .paused { try engine.remove(name, force: true) }
                return "undone"
            case .start:
                // Either its launcher lives and the jail is adopted, or the sweep removes what is left of it.
                _ = try Sweep(engine).clean(name)
                return state == .running || state == .starting ? "finished" : "undone"
            case .stop:
                if state == .running || state == .paused { try engine.stop(name, graceMilliseconds: 0) }
                return "finished"
            case .update, .recreate:
                if entry.operation == .recreate, state == .running || state == .paused {
                    try engine.stop(name, graceMilliseconds: 2000)
                }
                let old = try? engine.keptSpec(name)
                try engine.declare(name, as: entry.detail)
                if let old { try engine.resizeDisk(of: name, from: old, to: engine.keptSpec(name)) }
                if entry.operation == .update, state == .running || state == .paused {
                    try engine.update(name, to: engine.keptSpec(name))
                }
                return "finished"
            case .remove:
                if state != nil { try engine.remove(name, force: true) }
                return "finished"
            }
        }
        if entry.operation == .recreate { try? store.remember(name, wanted: true) }
        return result ?? "left as it is: see its state"
    }

    /// Starts what shall run: those that others need first, as many at once as the host can take.
    ///
    /// `interrupted` are started whatever their policy is.
    private func bringBack(_ interrupted: Set<String>) async {
        var due: [String: SupervisedJail] = [:]
        for (name, jail) in jails {
            let (phase, policy) = (await jail.phase, await jail.life.rules.policy)
            guard [.created, .stopped, .failed].contains(phase) else { continue }
            if interrupted.contains(name) { due[name] = jail }
            guard policy != .never else { continue }
            let wanted = await jail.life.isWanted
            if wanted || (policy == .always && phase != .created) { due[name] = jail }
        }
        var specs: [String: Dependencies.Needs] = [:]
        for (name, jail) in due { specs[name] = Dependencies.Needs(await jail.spec) }
        for wave in Dependencies.waves(specs) {
            await withTaskGroup(of: Void.self) { group in
                for name in wave {
                    guard let jail = due[name] else { continue }
                    group.addTask {
                        await self.waitForCalm()
                        try? await jail.start(.boot)
                    }
                }
            }
        }
    }

    /// Holds a start back while processes of this host wait for processors most of the time.
    func waitForCalm() async {
        for _ in 0..<50 {
            guard let share = PressureReading.cpu(), share > 60 else { return }
            try? await Task.sleep(for: .milliseconds(200))
        }
    }
}
