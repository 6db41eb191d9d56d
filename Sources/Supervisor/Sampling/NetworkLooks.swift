import ControlAPI
import Engine
import LinuxKernel

/// Looks after networks while the supervisor runs: see `NetworkRounds`.
actor NetworkLooks {
    private var rounds: NetworkRounds
    private var failed = ""

    init(_ engine: Engine) { rounds = NetworkRounds(engine) }

    /// Looks once; a failure is told once, and again when it is another one.
    func look() -> (events: [NetworkEvent], failure: String?) {
        do {
            let events = try rounds.next()
            failed = ""
            return (events, nil)
        } catch {
            let text = "\(error)"
            defer { failed = text }
            return ([], text == failed ? nil : text)
        }
    }
}

extension Supervisor {
    /// Refusals are faults, as limits that were hit are.
    func reportNetworks() async {
        let (events, failure) = await networks.look()
        if let failure { logger.error("networks are not looked after", metadata: ["error": "\(failure)"]) }
        for event in events {
            let isRefusal = event.kind.hasPrefix("network.refused.")
            let tenant = await jails[event.jail]?.tenant ?? ""
            await report(
                Event(
                    time: Events.now(realTimeClock),
                    kind: isRefusal ? "fault" : "network",
                    jail: event.jail,
                    tenant: tenant,
                    text: isRefusal ? "\(event.kind): \(event.count) more" : "\(event.kind): \(event.text)"
                )
            )
        }
    }
}
