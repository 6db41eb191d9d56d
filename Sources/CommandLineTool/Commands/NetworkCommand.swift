import ArgumentParser
import Engine
import Networking
import Profiles
import StartCommands

/// `bailey network`.
struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Shows networks, and who is in them.",
        subcommands: [
            List.self, Inspect.self, Restore.self, NetworkTrace.self, NetworkWatch.self, NetworkShape.self,
        ]
    )

    /// `bailey network ls`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists networks.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let engine = try Installation.engine()
            var (table, rows) = (Table(["NAME", "MODE", "ADDRESSES", "JAILS"]), [JSON]())
            for name in engine.networks.names() {
                let report = try engine.networkReport(name)
                let ranges = [report.network.range4, report.network.range6].compactMap(\.self).map(NetworkText.range)
                table.add([
                    name, report.network.kind.rawValue, ranges.joined(separator: " "), "\(report.members.count)",
                ])
                rows.append(
                    .object([
                        ("name", .text(name)), ("mode", .text(report.network.kind.rawValue)),
                        ("addresses", .list(ranges.map(JSON.text))), ("jails", .number(Int64(report.members.count))),
                    ])
                )
            }
            Output.print(json ? JSON.list(rows).text : table.text)
        }
    }

    /// `bailey network inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a network's jails: addresses, traffic, refusals."
        )

        @Flag(help: "Print JSON.")
        var json = false

        @Argument(help: "The network.")
        var name: String

        func run() throws {
            let report = try Installation.engine().networkReport(name)
            if json { return Output.print(NetworkText.json(report).text) }
            var table = Table(["JAIL", "STATE", "ADDRESSES", "SENT", "RECEIVED", "REFUSED"])
            for member in report.members {
                table.add([
                    member.jail, member.isRunning ? "running" : "stopped",
                    member.addresses.map(NetworkText.address).joined(separator: " "),
                    Amount.bytes(NetworkText.sum(member.traffic, "out")),
                    Amount.bytes(NetworkText.sum(member.traffic, "in")),
                    member.refusals.map { "\($0.kind) \($0.packets)" }.joined(separator: ", "),
                ])
            }
            Output.print(table.text)
        }
    }

    /// `bailey network restore`.
    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Puts Bailey's firewall tables back if somebody removed them."
        )

        func run() throws {
            let restored = try Installation.engine().restoreNetwork()
            Output.print(restored ? "restored" : "nothing was missing")
        }
    }
}

/// Networks as text.
enum NetworkText {
    static func address(_ bytes: [UInt8]) -> String { IPAddress(bytes: bytes)?.description ?? "?" }

    static func range(_ range: AddressRange) -> String { "\(address(range.base))/\(range.prefix)" }

    static func sum(_ counters: [TrafficCounter], _ direction: String) -> UInt64 {
        counters.filter { $0.set.hasPrefix(direction + "_") }.reduce(0) { $0 + $1.bytes }
    }

    static func json(_ report: NetworkReport) -> JSON {
        let members = report.members.map { member in
            JSON.object([
                ("jail", .text(member.jail)), ("running", .truth(member.isRunning)),
                ("addresses", .list(member.addresses.map { .text(address($0)) })), ("link", .text(member.link)),
                ("traffic", .list(member.traffic.map(json))),
                (
                    "refused",
                    .list(
                        member.refusals.map { .object([("kind", .text($0.kind)), ("packets", .optional($0.packets))]) }
                    )
                ),
            ])
        }
        return JSON.object([
            ("name", .text(report.network.name)), ("mode", .text(report.network.kind.rawValue)),
            (
                "addresses",
                .list([report.network.range4, report.network.range6].compactMap(\.self).map { .text(range($0)) })
            ),
            ("translated", .truth(report.network.translated)), ("jails", .list(members)),
        ])
    }

    private static func json(_ counter: TrafficCounter) -> JSON {
        let parts = counter.set.split(separator: "_").map(String.init)
        return JSON.object([
            ("direction", .text(parts[0])), ("class", .text(parts[1])),
            ("version", .number(counter.isVersion6 ? 6 : 4)),
            ("packets", .optional(counter.packets)), ("bytes", .optional(counter.bytes)),
        ])
    }
}
