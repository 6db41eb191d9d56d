import Allocation
import ControlAPI
import Declarations
import Engine
import LinuxKernel
import Logging
import Profiles
import Storage

/// All jails and tenants of a host under supervision.
///
/// It knows what was declared, what shall run and what was promised; what runs it asks the kernel. Each jail is an actor
/// of its own, so a slow one keeps none of the others waiting.
package actor Supervisor {
    /// What it was started with.
    package struct Options: Sendable {
        /// What the host has, its reserve, how far limits may be overcommitted.
        package var capacity: Capacity
        /// How many jails are started at the same time.
        package var startsAtOnce = 4
        /// Dies at a named point; for tests of recovery.
        package var crash: @Sendable (String) -> Void = { _ in }

        /// Options with a capacity.
        package init(capacity: Capacity) { self.capacity = capacity }
    }

    let engine: Engine
    let store: Store
    let options: Options
    let logger: Logger
    let workers = Workers()
    let watch: ProcessWatch
    let listeners = Listeners()
    let sampler: Sampler
    let banks: Banks
    var jails: [String: SupervisedJail] = [:]
    var promises = Promises()
    /// Jails that are being made, with their tenants.
    var making: [String: String] = [:]
    /// Weights are about to be computed anew.
    var isSharing = false
    /// Weights other than the declared ones may stand in the kernel.
    var hasShares = false
    private var surroundings: Surroundings?

    /// A supervisor over an engine's jails; ``recover()`` makes it know them.
    package init(_ engine: Engine, _ store: Store, _ options: Options, logger: Logger) throws {
        watch = try ProcessWatch()
        (self.engine, self.store, self.options, self.logger) = (engine, store, options, logger)
        sampler = Sampler(engine, store)
        banks = Banks(engine)
    }

    var around: Surroundings {
        if let surroundings { return surroundings }
        let made = Surroundings(
            engine: engine,
            store: store,
            workers: workers,
            watch: watch,
            logger: logger,
            starts: Gate(options.startsAtOnce),
            account: { [weak self] in await self?.account($0, $1) },
            report: { [weak self] in await self?.report($0) },
            admit: { [weak self] in try await self?.admit($0, $1, $2, tenant: $3) },
            weigh: { [weak self] in try await self?.weigh($0, $1, $2) },
            release: { [weak self] in await self?.release($0) },
            crash: options.crash
        )
        surroundings = made
        return made
    }

    // MARK: promises

    /// Enters a demand in place of the jail's last one, or says which term of the sum fails.
    ///
    /// `attempt` begins the message: `starting`, `changing`.
    func admit(_ attempt: String, _ jail: String, _ demand: Demand, tenant: String) throws {
        do throws(Refusal) {
            try promises.admit(jail: jail, demand, tenant: tenant, options.capacity)
        } catch {
            throw Problem(kind: "refused", error: "\(attempt) \(jail): \(error)")
        }
    }

    func release(_ jail: String) {
        promises.release(jail: jail)
        sharesChanged()
    }

    /// Enters every tenant; one whose own guarantee does not fit any more is told of and has none.
    func loadTenants() async {
        promises = promises.withoutTenants()
        for tenant in TenantStore(engine).all() {
            let (name, parent) = (tenant.name.value, tenant.parent?.value)
            do throws(Refusal) {
                try promises.admit(tenant: name, Demand(tenant.resources), parent: parent, options.capacity)
            } catch {
                logger.error("a tenant does not fit any more", metadata: ["tenant": "\(name)", "error": "\(error)"])
                await report(
                    Event(time: Events.now(realTimeClock), kind: "admission", tenant: name, text: "\(error)")
                )
            }
        }
    }

    // MARK: telling

    func report(_ event: Event) async {
        var event = event
        do { event.id = try store.append(event) } catch {
            logger.error("an event is not kept", metadata: ["jail": "\(event.jail)", "error": "\(error)"])
        }
        logger.info(
            "\(event.kind)",
            metadata: ["jail": "\(event.jail)", "tenant": "\(event.tenant)", "text": "\(event.text)"]
        )
        if ["started", "adopted", "changed", "recreated", "ended", "stopped"].contains(event.kind) {
            await follow(event.jail)
        }
        await listeners.tell(event)
    }

    // MARK: jails by name

    /// The jail of this name, whoever made it.
    func jail(_ name: String) async throws -> SupervisedJail {
        if let jail = jails[name] { return jail }
        if try await notice(name) { if let jail = jails[name] { return jail } }
        let near = jails.keys.sorted().first { NearName.isNear($0, name) }
        throw Problem(kind: "notFound", error: "\(EngineError.noSuchJail(name, suggestion: near))")
    }

    /// Takes a jail under supervision that was made without the supervisor.
    ///
    /// - Returns: Whether there is one.
    func notice(_ name: String, wanted: Bool? = nil) async throws -> Bool {
        guard jails[name] == nil else { return true }
        let known = try await workers.run { [engine] () -> Known? in
            guard let state = JailListing(engine).knownState(of: name) else { return nil }
            // A jail that keeps no declaration, as with --rm, is watched and not started again.
            let spec = (try? engine.keptSpec(name)) ?? engine.remembered(name)
            return Known(phase: LifeCycle.Phase(state), spec: spec, exit: engine.lastExit(of: name))
        }
        guard let known, jails[name] == nil else { return jails[name] != nil }
        let (phase, spec) = (known.phase, known.spec)
        let isUp = phase == .running || phase == .paused
        let jail = SupervisedJail(
            name,
            spec,
            // One that is on its way is found running at the next look.
            phase: isUp ? .created : phase == .starting ? .stopped : phase,
            wanted: isUp ? wanted ?? (spec.restart.policy.value != .no) : Self.isDue(known, wanted ?? false),
            around
        )
        jails[name] = jail
        await jail.remember(exit: known.exit)
        if isUp {
            // What runs is promised, whether it fits or not: the refusal is for the next one.
            promises.keep(jail: name, Demand(spec.resources), tenant: spec.tenant?.value ?? "default")
            await jail.found(phase)
            await jail.watchAdopted()
        }
        return true
    }

    private struct Known: Sendable {
        let phase: LifeCycle.Phase
        let spec: JailSpec
        let exit: Int32?
    }

    /// Whether a jail that does not run should: one that ended while nobody watched, and whose policy brings it back.
    private static func isDue(_ known: Known, _ wanted: Bool) -> Bool {
        switch known.spec.restart.policy.value {
        case .no: false
        case .onFailure: wanted && known.exit != 0
        case .always, .unlessStopped: wanted
        }
    }

    /// Looks for jails that came or went without the supervisor.
    package func lookAround() async {
        let names = Set((try? await workers.run { [engine] in JailListing(engine).names() }) ?? [])
        for name in names where jails[name] == nil { _ = try? await notice(name) }
        for (name, jail) in jails where !names.contains(name) {
            guard await !jail.isUp, await jail.phase != .starting else { continue }
            // It may have been made since the list was.
            let isGone =
                (try? await workers.run { [engine] in JailListing(engine).knownState(of: name) == nil }) ?? false
            guard isGone else { continue }
            jails[name] = nil
            promises.release(jail: name)
            try? store.forget(name)
        }
        for (name, jail) in jails where [.created, .stopped, .failed].contains(await jail.phase) {
            // Started by hand beside us.
            guard let state = try? await workers.run({ [engine] in JailListing(engine).state(of: name) }),
                state == .running || state == .paused
            else { continue }
            promises.keep(jail: name, await jail.demand, tenant: await jail.tenant)
            await jail.found(LifeCycle.Phase(state))
            await jail.watchAdopted()
        }
    }
}

extension LifeCycle.Phase {
    init(_ state: JailState) { self = LifeCycle.Phase(rawValue: state.rawValue) ?? .failed }
}
