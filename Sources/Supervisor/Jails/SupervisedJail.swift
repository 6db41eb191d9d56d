import Allocation
import ControlAPI
import Declarations
import Engine
import LinuxKernel
import Profiles

/// One jail under supervision: its life cycle, and what the life cycle asks for, done in turn.
actor SupervisedJail {
    let name: String
    let around: Surroundings
    private(set) var life: LifeCycle
    private(set) var spec: JailSpec
    private(set) var health: Bool?
    private var turns = Turns()
    /// It was taken away.
    private var isGone = false
    /// Counts runs, so that news of an earlier one is known as old.
    private var run = 0
    private var restartTimer: Task<Void, Never>?
    private var probing: Task<Void, Never>?
    /// Why the last thing asked for was not done.
    private var failure: (any Error)?
    var lastExit: Int32?
    /// The first process and when it was started, in nanoseconds since 1970, while it runs.
    private(set) var firstProcess: (pid: Int32, started: Int64)?

    init(_ name: String, _ spec: JailSpec, phase: LifeCycle.Phase, wanted: Bool, _ around: Surroundings) {
        self.name = name
        self.spec = spec
        self.around = around
        life = LifeCycle(LifeCycle.Rules(spec), phase: phase, isWanted: wanted)
    }

    var tenant: String { spec.tenant?.value ?? "default" }
    var phase: LifeCycle.Phase { life.phase }
    var demand: Demand { Demand(spec.resources) }

    // MARK: what can be asked

    /// Starts it; returns when it runs.
    ///
    /// - Throws: Why it does not.
    func start(_ reason: LifeCycle.Reason = .operation) async throws {
        try await inTurn {
            try $0.require([.created, .stopped, .failed], "starting")
            try await $0.step(.startAsked(reason))
        }
    }

    /// Ends it; returns when nothing of it is left.
    func stop(grace: Int64?) async throws {
        try await inTurn { try await $0.step(.stopAsked(grace: $0.grace(grace))) }
    }

    /// Ends it if it runs, and starts it.
    func restart(grace: Int64?) async throws {
        try await inTurn {
            if $0.isUp { try await $0.step(.stopAsked(grace: $0.grace(grace))) }
            try await $0.step(.startAsked(.operation))
        }
    }

    func pause(_ pause: Bool) async throws {
        try await inTurn { jail in
            try jail.require(pause ? [.running] : [.paused], pause ? "pausing" : "resuming")
            try await jail.around.workers.run { [engine = jail.around.engine, name = jail.name] in
                try engine.setPaused(name, pause)
            }
            try await jail.step(.pauseChanged(pause))
        }
    }

    /// Sends a signal; SIGKILL means that it shall not come back either.
    func kill(signal: Int32) async throws {
        if signal == 9 { return try await stop(grace: 0) }
        try await around.workers.run { [engine = around.engine, name] in try engine.kill(name, signal: signal) }
    }

    /// Takes it away, with everything that is kept of it.
    func remove(force: Bool) async throws {
        try await inTurn { jail in
            if jail.isUp {
                guard force else { throw EngineError.stillRunning(jail.name) }
                try await jail.step(.stopAsked(grace: 0))
            }
            try await jail.journaled(.remove) {
                try await jail.around.workers.run { [engine = jail.around.engine, name = jail.name] in
                    try engine.remove(name, force: true)
                }
                // A store that does not take it forgets the name at its next start.
                try? jail.around.store.forget(jail.name)
            }
            jail.isGone = true
            await jail.around.release(jail.name)
            jail.forgetTimers()
        }
    }

    /// Does something with the jail while nothing else happens to it.
    func exclusively<Result: Sendable>(
        _ body: @escaping @Sendable (SupervisedJail) async throws -> Result
    ) async throws -> Result {
        try await turns.take {
            try await self.requirePresence()
            return try await body(self)
        }.value
    }

    /// From now on this is what it was declared to be.
    func adopt(_ spec: JailSpec) {
        self.spec = spec
        life.rules = LifeCycle.Rules(spec)
    }

    /// A supervisor that has just begun found it like this.
    func found(_ phase: LifeCycle.Phase) async {
        _ = try? await inTurn { try await $0.step(.found(phase)) }
    }

    // MARK: the machine

    private func inTurn(_ body: @escaping @Sendable (isolated SupervisedJail) async throws -> Void) async throws {
        try await turns.take {
            try await self.requirePresence()
            try await body(self)
        }.value
    }

    /// What was asked for before it was taken away comes too late.
    private func requirePresence() throws {
        if isGone { throw EngineError.noSuchJail(name, suggestion: nil) }
    }

    func remember(exit: Int32?) { lastExit = exit }

    var isUp: Bool { life.phase == .running || life.phase == .paused || life.phase == .stopping }

    /// Its processes are there, frozen or not.
    var runs: Bool { life.phase == .running || life.phase == .paused }

    func require(_ phases: Set<LifeCycle.Phase>, _ attempt: String) throws {
        guard !phases.contains(life.phase) else { return }
        throw Problem(kind: "conflict", error: "\(attempt) \(name): it is \(life.phase.rawValue) already")
    }

    func grace(_ asked: Int64?) -> Int64 { asked ?? Int64(spec.effectiveStopGrace.value.microseconds / 1000) }

    /// Takes in what happened, does what follows, and throws what went wrong with what was asked for.
    func step(_ event: LifeCycle.Event) async throws {
        failure = nil
        var events = [event]
        while !events.isEmpty {
            let now = Events.now() / 1_000_000
            for action in life.handle(events.removeFirst(), now: now) {
                if let next = await perform(action) { events.append(next) }
            }
        }
        if let failure { throw failure }
    }

    /// Does one thing.
    ///
    /// - Returns: What happened by it.
    private func perform(_ action: LifeCycle.Action) async -> LifeCycle.Event? {
        switch action {
        case .launch: return await launch()
        case .terminate(let grace): return await terminate(grace)
        case .watch: beginWatching()
        case .unwatch: probing?.cancel()
        case .restart(let after): restart(after: after)
        case .forgetRestart: restartTimer?.cancel()
        case .remember(let wanted): attempt { try around.store.remember(name, wanted: wanted) }
        case .report(let report): await tell(report)
        }
        return nil
    }

    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch {
            failure = failure ?? error
            around.logger.error("the store does not take it", metadata: ["jail": "\(name)", "error": "\(error)"])
        }
    }

    /// Writes down what is begun before its first change, and that it ended after its last.
    ///
    /// Nothing is begun that cannot be written down, but for ends: they make room on a full disk.
    func journaled(
        _ operation: JournalEntry.Operation,
        detail: [UInt8] = [],
        _ body: () async throws -> Void
    ) async throws {
        around.crash("\(operation.rawValue):before")
        let entry: Int64?
        do { entry = try around.store.begin(operation, name, detail: detail) } catch {
            guard operation == .stop || operation == .remove else { throw error }
            around.logger.error("not written down", metadata: ["jail": "\(name)", "error": "\(error)"])
            entry = nil
        }
        around.crash("\(operation.rawValue):begun")
        // A body that fails has undone what it did; the entry would only have the next supervisor try again.
        defer { forget(entry, operation) }
        try await body()
        around.crash("\(operation.rawValue):done")
    }

    /// An entry that stays costs the next supervisor a look: no reason to call what is done a failure.
    private func forget(_ entry: Int64?, _ operation: JournalEntry.Operation) {
        guard let entry else { return }
        do { try around.store.finish(entry) } catch {
            around.logger.error("the journal keeps an entry", metadata: ["jail": "\(name)", "error": "\(error)"])
        }
        around.crash("\(operation.rawValue):finished")
    }

    private func launch() async -> LifeCycle.Event {
        do {
            try await around.admit("starting", name, demand, tenant)
            try await journaled(.start) { try await self.launchNow() }
            return .started
        } catch {
            await around.release(name)
            failure = error
            return .startFailed("\(error)")
        }
    }

    private func launchNow() async throws {
        let (engine, name, spec) = (around.engine, name, spec)
        let workers = around.workers
        let launcher = try await around.starts.pass {
            try await workers.run {
                let launcher = try engine.startWatched(engine.prepareKept(name, spec: spec))
                return (launcher.pid, launcher.release())
            }
        }
        watch(pid: launcher.0, pidfd: launcher.1)
    }

    private func terminate(_ grace: Int64) async -> LifeCycle.Event {
        do {
            try await journaled(.stop) {
                try await around.workers.run { [engine = around.engine, name] in
                    do { try engine.stop(name, graceMilliseconds: grace) } catch EngineError.notRunning {}
                }
            }
        } catch {
            failure = error
        }
        return await end()
    }

    /// The launcher has ended: what it wrote down, and what it left if it was killed.
    private func end() async -> LifeCycle.Event {
        run += 1
        let exit = try? await around.workers.run { [engine = around.engine, name] in try engine.settle(name) }
        lastExit = exit?.status
        firstProcess = nil
        await around.account(name, tenant)
        await around.release(name)
        return .ended(status: exit?.status, reboot: exit?.reboot ?? false)
    }

    // MARK: watching

    private func watch(pid: ProcessID, pidfd: Int32) {
        run += 1
        firstProcess = around.engine.firstProcess(of: name)
        Task { [run, watch = around.watch] in
            await watch.end(of: pid, owning: pidfd)
            await self.launcherEnded(run)
        }
    }

    private func launcherEnded(_ of: Int) async {
        _ = try? await inTurn { jail in
            guard of == jail.run else { return }
            try await jail.step(await jail.end())
        }
    }

    /// An adopted jail has a launcher that somebody else started.
    func watchAdopted() {
        guard let launcher = around.engine.launcher(of: name) else {
            Task { [run] in await self.launcherEnded(run) }
            return
        }
        watch(pid: launcher.pid, pidfd: launcher.release())
    }

    private func beginWatching() {
        probing?.cancel()
        health = nil
        guard let probe = HealthProbe(spec.health) else { return }
        let (engine, name, workers) = (around.engine, name, around.workers)
        probing = Task {
            var failures = 0
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(probe.interval))
                if Task.isCancelled { return }
                let result = try? await workers.run { probe.check(name, engine) }
                if Task.isCancelled { return }
                if case .passed? = result { failures = 0 } else { failures += 1 }
                await self.probed(failures, probe)
            }
        }
    }

    private func probed(_ failures: Int, _ probe: HealthProbe) async {
        let healthy = failures == 0
        guard healthy || failures >= probe.failures else { return }
        let before = health
        health = healthy
        guard before != healthy else { return }
        await event(healthy ? "healthy" : "unhealthy", healthy ? "its health check passes" : "its health check fails")
        guard !healthy else { return }
        switch probe.action {
        case .report: break
        case .restart: _ = try? await inTurn { try await $0.step(.unhealthy(grace: $0.grace(nil))) }
        case .stop: _ = try? await inTurn { try await $0.step(.stopAsked(grace: $0.grace(nil))) }
        }
    }

    private func restart(after milliseconds: Int64) {
        restartTimer?.cancel()
        restartTimer = Task {
            try? await Task.sleep(for: .milliseconds(milliseconds))
            guard !Task.isCancelled else { return }
            _ = try? await self.inTurn { try await $0.step(.restartDue) }
        }
    }

    private func forgetTimers() {
        restartTimer?.cancel()
        probing?.cancel()
    }

    // MARK: telling

    private func tell(_ report: LifeCycle.Report) async {
        let (kind, text) = report.words
        await event(kind, text)
    }

    func event(_ kind: String, _ text: String) async {
        await around.report(
            Event(time: Events.now(realTimeClock), kind: kind, jail: name, tenant: tenant, text: text)
        )
    }
}

extension LifeCycle.Rules {
    init(_ spec: JailSpec) {
        self.init(
            policy: LifeCycle.Policy(rawValue: spec.restart.policy.value.rawValue) ?? .never,
            delay: Int64(spec.restart.delay.value.microseconds / 1000),
            maxDelay: Int64(spec.restart.maxDelay.value.microseconds / 1000),
            limit: spec.restart.limit.value
        )
    }
}

extension LifeCycle.Report {
    var words: (kind: String, text: String) {
        switch self {
        case .started(let reason): ("started", reason == .operation ? "started" : "started (\(reason.rawValue))")
        case .startFailed(let why): ("start-failed", why)
        case .stopped(let status): ("stopped", status.map { "stopped with status \($0)" } ?? "stopped")
        case .ended(let status):
            ("ended", status.map { "ended by itself with status \($0)" } ?? "its launcher was killed")
        case .restarting(let after, let count):
            ("restarting", "starting again in \(after) ms, number \(count) in a row")
        case .crashLoop(let count):
            ("crash-loop", "it ended soon \(count) times in a row: it is left alone until it is started")
        case .unhealthy: ("unhealthy-restart", "ended because its health check fails")
        case .paused: ("paused", "paused")
        case .resumed: ("resumed", "resumed")
        case .found(let phase): ("adopted", "found \(phase.rawValue)")
        }
    }
}
