import ControlAPI
import Glibc
import LinuxKernel
import StartCommands

/// Jails as the supervisor knows them: it has them at hand, so that a thousand are listed at once.
struct SupervisedList {
    private let jails: [JailSummary]

    init(_ jails: [JailSummary]) { self.jails = jails }

    func print(quiet: Bool, json: Bool) {
        if json { return Output.print(JSON.list(jails.map(Self.fields)).text) }
        if quiet {
            if !jails.isEmpty { Output.print(jails.map(\.name).joined(separator: "\n")) }
            return
        }
        var table = Table(["NAME", "STATE", "PID", "STARTED", "FROM", "COMMAND"])
        let now = Events.now(CLOCK_REALTIME)
        for jail in jails {
            let age = jail.started.map { Amount.age(now - $0) + " ago" } ?? "-"
            table.add([
                jail.name, Self.state(jail), jail.pid.map { "\($0)" } ?? "-", age, jail.source, jail.command,
            ])
        }
        Output.print(table.text)
    }

    private static func state(_ jail: JailSummary) -> String {
        if jail.state == "stopped", let status = jail.exitStatus { return "stopped (\(status))" }
        return jail.health == "unhealthy" ? "\(jail.state) (unhealthy)" : jail.state
    }

    private static func fields(_ jail: JailSummary) -> JSON {
        .object([
            ("name", .text(jail.name)), ("state", .text(jail.state)),
            ("pid", jail.pid.map { .number(Int64($0)) } ?? .null), ("source", .text(jail.source)),
            ("command", .list(jail.command.split(separator: " ").map { .text(String($0)) })),
            ("startedNanoseconds", jail.started.map { .number($0) } ?? .null),
            ("exitStatus", jail.exitStatus.map { .number(Int64($0)) } ?? .null),
            ("tenant", .text(jail.tenant)), ("restarts", .number(Int64(jail.restarts))),
            ("health", jail.health.map { .text($0) } ?? .null),
        ])
    }
}
