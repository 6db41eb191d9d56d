import ArgumentParser
import Engine
import Glibc
import LinuxKernel
import Networking
import Profiles
import StartCommands

/// `bailey network trace`.
struct NetworkTrace: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Shows refused packets as they come.",
        discussion: """
            Every packet that Bailey's rules refuse is shown with the reason, until interrupted. One trace at a time can \
            listen. bailey network inspect has the sums.
            """
    )

    @Flag(help: "Print each as JSON.")
    var json = false

    @Option(name: .shortAndLong, help: "End after so many packets.")
    var number: Int?

    @Argument(help: "Only of this jail.")
    var jail: String?

    func run() throws {
        let engine = try Installation.engine()
        var owners = RefusalOwners(engine)
        var left = number ?? Int.max
        let trace = try Self.listen()
        while left > 0 {
            for packet in try Self.next(trace) where left > 0 {
                let owner = owners.owner(of: packet)
                if let jail, owner != jail { continue }
                Output.print(json ? Self.json(packet, owner).text : Self.text(packet, owner))
                left -= 1
            }
        }
    }

    /// Waits for some; none when there were too many.
    private static func next(_ trace: borrowing RefusalTrace) throws -> [RefusedPacket] {
        do throws(SyscallError) {
            return try trace.next(milliseconds: -1)
        } catch {
            guard error.errno == ENOBUFS else { throw error }
            Output.error("more packets were refused than could be shown: some are left out")
            return []
        }
    }

    private static func listen() throws -> RefusalTrace {
        do throws(SyscallError) {
            return try RefusalTrace()
        } catch {
            // The kernel says EPERM where somebody else has the group.
            let isTaken = error.errno == EBUSY || error.errno == EPERM && Processes.effectiveUser == 0
            let advice = isTaken ? "another trace listens: end it first" : "run it as root"
            throw CommandFailure(message: "tracing refused packets: \(error): \(advice)", status: 1)
        }
    }

    private static func end(_ address: [UInt8], _ port: UInt16?) -> String {
        let text = address.isEmpty ? "?" : NetworkText.address(address)
        guard let port else { return text }
        return address.count == 16 ? "[\(text)]:\(port)" : "\(text):\(port)"
    }

    private static func transport(_ packet: RefusedPacket) -> String {
        guard let number = packet.transport else { return "frame" }
        return TrafficRule.transports.first { $0.number == number }?.name ?? "protocol \(number)"
    }

    private static func text(_ packet: RefusedPacket, _ owner: String?) -> String {
        let from = end(packet.source, packet.ports?.source)
        let to = end(packet.destination, packet.ports?.destination)
        return
            "\(owner ?? "-")  \(packet.kind)  \(transport(packet))  \(from) -> \(to)  \(RefusalKind.text(packet.kind))"
    }

    private static func json(_ packet: RefusedPacket, _ owner: String?) -> JSON {
        .object([
            ("time", .number(Events.now(CLOCK_REALTIME))), ("jail", owner.map { .text($0) } ?? .null),
            ("kind", .text(packet.kind)), ("protocol", .text(transport(packet))),
            ("source", packet.source.isEmpty ? .null : .text(NetworkText.address(packet.source))),
            ("destination", packet.destination.isEmpty ? .null : .text(NetworkText.address(packet.destination))),
            ("sourcePort", packet.ports.map { .number(Int64($0.source)) } ?? .null),
            ("destinationPort", packet.ports.map { .number(Int64($0.destination)) } ?? .null),
        ])
    }
}

/// `bailey network watch`.
struct NetworkWatch: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Looks after networks, and tells what happens in them.",
        discussion: """
            Puts back tables that somebody removed, begins new periods of transfer allowances, and tells of refusals and of \
            allowances that are used to 80 and 100 percent. For a machine without the supervisor, which does the same: as a \
            service, or with --once every few minutes.
            """
    )

    @Flag(help: "Look once and end.")
    var once = false

    @Option(help: "How often to look.")
    var every = "5s"

    @Flag(help: "Print each as JSON.")
    var json = false

    func run() throws {
        let pause: TimeSpan
        do throws(ValueProblem) {
            pause = try TimeSpan(parsing: every, flag: true)
        } catch {
            throw CommandFailure(message: "--every: \(error.message)", status: 1)
        }
        var rounds = NetworkRounds(try Installation.engine())
        while true {
            for event in try rounds.next() { Output.print(json ? Self.json(event).text : Self.text(event)) }
            if once { return }
            Events.sleep(milliseconds: Int64(clamping: max(100, pause.microseconds / 1000)))
        }
    }

    private static func text(_ event: NetworkEvent) -> String {
        "\(event.jail.isEmpty ? "-" : event.jail)  \(event.kind)  \(event.text)"
    }

    private static func json(_ event: NetworkEvent) -> JSON {
        .object([
            ("time", .number(Events.now(CLOCK_REALTIME))),
            ("jail", event.jail.isEmpty ? .null : .text(event.jail)), ("kind", .text(event.kind)),
            ("text", .text(event.text)), ("count", .optional(event.count)),
        ])
    }
}

/// `bailey network shape`.
struct NetworkShape: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shape",
        abstract: "Changes the rates of a running jail's link.",
        discussion: "What is said here counts until the jail stops; its file says what counts at the next start."
    )

    @Option(help: "What may come in, such as 100Mbit/s; unlimited for all.")
    var ingress: String?

    @Option(help: "What may leave.")
    var egress: String?

    @Argument(help: "The jail.")
    var jail: String

    func run() throws {
        let engine = try Installation.engine()
        guard ingress != nil || egress != nil else {
            throw CommandFailure(message: "network shape: no rate is given: name --ingress or --egress", status: 64)
        }
        var spec = JailSpec()
        var findings: [Finding] = []
        if let ingress { findings += spec.override("resources.network.ingress", with: ingress, flag: "--ingress") }
        if let egress { findings += spec.override("resources.network.egress", with: egress, flag: "--egress") }
        guard findings.isEmpty else {
            throw CommandFailure(message: findings.map(\.description).joined(separator: "\n"), status: 64)
        }
        let traffic = spec.resources.network
        try engine.reshape(jail, ingress: traffic.ingress?.value, egress: traffic.egress?.value)
    }
}
