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
            var round = 0
            while !Task.isCancelled {
                do { try await Task.sleep(for: .seconds(5)) } catch { return }
                round += 1
                await supervisor.tick(round)
            }
        }
        await supervisor.end()
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

    func tick(_ round: Int) async {
        await lookAround()
        await followAll()
        await tell(await sampler.sample())
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
        do { try await sampler.flush() } catch {
            logger.error("what was used is lost", metadata: ["error": "\(error)"])
        }
    }
}
