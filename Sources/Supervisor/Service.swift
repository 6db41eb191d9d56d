import ControlAPI
import LinuxKernel
import Logging
import ServiceLifecycle

/// The supervisor's own clockwork: samples, new faces, old history.
package struct SupervisorService: Service {
    let supervisor: Supervisor

    /// The clockwork of a supervisor.
    package init(_ supervisor: Supervisor) { self.supervisor = supervisor }

    /// Runs until the program is told to end; what was counted is written down then.
    package func run() async throws {
        await supervisor.beginSampling()
        await cancelWhenGracefulShutdown {
            async let banks: Void = turnBanks()
            var round = 0
            while (try? await Task.sleep(for: .seconds(5))) != nil {
                round += 1
                await supervisor.tick(round)
            }
            await banks
        }
        await supervisor.end()
    }

    private func turnBanks() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { await supervisor.banks.turn() }
    }
}

extension Supervisor {
    func beginSampling() async {
        await followAll()
    }

    private func followAll() async {
        for (name, jail) in jails where await [.running, .paused].contains(jail.phase) {
            await sampler.followIfNew(name, tenant: await jail.tenant)
        }
    }

    /// What runs or how it is limited has changed.
    func follow(_ name: String) async {
        guard let jail = jails[name], await jail.runs else { return await banks.leave(name) }
        await banks.follow(name, await jail.spec.resources.cpu)
        sharesChanged()
    }

    func tick(_ round: Int) async {
        await lookAround()
        await followAll()
        await tell(await sampler.sample())
        if round % 6 == 1 { await shareOut() }
        do {
            if round % 12 == 0 { try await sampler.flush() }
            let sixtyDays: Int64 = 60 * 86_400 * 1_000_000_000
            if round % 720 == 0 { try store.dropOld(before: Events.now(realTimeClock) - sixtyDays) }
        } catch {
            logger.error("history is not kept", metadata: ["error": "\(error)"])
        }
    }

    /// Enters what a run that has ended used since the last look.
    func account(_ jail: String, _ tenant: String) async {
        await tell(await sampler.ended(jail, tenant: tenant))
    }

    /// Throttling is counted and not told of: a jail at its limit would tell of it all the time.
    private func tell(_ hits: [FaultHit]) async {
        for hit in hits where hit.kind != "cpu.throttled" {
            await report(
                Event(
                    time: Events.now(realTimeClock),
                    kind: "fault",
                    jail: hit.jail,
                    tenant: hit.tenant,
                    text: "\(hit.kind): \(hit.count) more"
                )
            )
        }
    }

    func end() async {
        await listeners.end()
        await banks.end()
        do { try await sampler.flush() } catch {
            logger.error("what was used is lost", metadata: ["error": "\(error)"])
        }
    }
}
