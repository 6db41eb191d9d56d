import ArgumentParser
import ControlAPI
import Engine
import LinuxKernel
import Profiles
import StartCommands

/// `bailey set`.
struct SetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Changes limits of jails while they run.",
        discussion: """
            Settings are KEY=VALUE with keys of the profile reference, below resources where nothing else is said: \
            bailey set web1 memory.max=256MiB cpu.max=50%. Memory is taken back step by step; what does not come back in time \
            leaves the limit as it was.
            """
    )

    @Option(help: "All jails of a tenant.")
    var tenant: String?

    @Option(name: .shortAndLong, help: "All jails with a label, NAME=VALUE.")
    var label: String?

    @Option(help: "How long memory may take to come back.")
    var deadline = "10s"

    @Flag(help: "Set a limit below what is in use, although something may be killed.")
    var force = false

    @Flag(help: "Only say what would change, and what would be killed if forced.")
    var dryRun = false

    @Flag(help: "Print as JSON.")
    var json = false

    @Argument(help: "Jails, and settings as KEY=VALUE.")
    var words: [String]

    func run() throws {
        let engine = try Installation.engine()
        let control = try Control.required(engine, for: "changing limits")
        var settings: [String: String] = [:]
        for word in words where word.contains("=") {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let key =
                ["cpu", "memory", "pids", "io", "disk", "network"].contains { parts[0].hasPrefix($0 + ".") }
                ? "resources." + parts[0] : parts[0]
            settings[key] = parts[1]
        }
        guard !settings.isEmpty else {
            throw CommandFailure(
                message: "set: no setting is given: write KEY=VALUE, such as memory.max=256MiB",
                status: 1
            )
        }
        var request = SetRequest(settings: settings)
        request.jails = words.filter { !$0.contains("=") }
        (request.tenant, request.label, request.force, request.dryRun) = (tenant, label, force, dryRun)
        do throws(ValueProblem) {
            request.deadline = Int64(try TimeSpan(parsing: deadline, flag: true).microseconds / 1000)
        } catch {
            throw CommandFailure(message: "--deadline: \(error.message)", status: 1)
        }
        let outcomes = try control.client.call("POST", "/v1/set", request, as: [JailOutcome].self)
        if json {
            let rows = outcomes.map { outcome in
                JSON.object([
                    ("name", .text(outcome.name)), ("done", outcome.done.map { .text($0) } ?? .null),
                    ("error", outcome.error.map { .text($0) } ?? .null),
                ])
            }
            Output.print(JSON.list(rows).text)
        } else {
            for outcome in outcomes { if let done = outcome.done { Output.print("\(outcome.name): \(done)") } }
        }
        let failures = outcomes.compactMap(\.error)
        if !failures.isEmpty { throw CommandFailure(message: failures.joined(separator: "\n"), status: 1) }
    }
}

/// `bailey events`.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Shows what happened to jails and tenants."
    )

    @Flag(name: .shortAndLong, help: "Go on with what happens.")
    var follow = false

    @Option(help: "Only of this jail.")
    var jail: String?

    @Option(help: "Only of this tenant.")
    var tenant: String?

    @Option(name: .shortAndLong, help: "How many of the past.")
    var number = 50

    @Flag(help: "Print each as JSON.")
    var json = false

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "reading events")
        var target = "/v1/events?limit=\(max(0, number))" + (follow ? "&follow=true" : "")
        if let jail { target += "&jail=\(ControlClient.word(jail))" }
        if let tenant { target += "&tenant=\(ControlClient.word(tenant))" }
        try control.client.follow(target) { line in
            if json {
                Output.print(line)
            } else if let event = Event(line: line) {
                let subject = event.jail.isEmpty ? event.tenant : event.jail
                Output.print(Table.printable("\(event.timeText)  \(subject)  \(event.kind)  \(event.text)"))
            }
            return true
        }
    }
}

/// `bailey capacity`.
struct CapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Shows what this host has, has promised and has left."
    )

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "reading the capacity")
        if json {
            return Output.print(String(decoding: try control.client.send("GET", "/v1/capacity").body, as: UTF8.self))
        }
        let report = try control.client.call("GET", "/v1/capacity", as: CapacityReport.self)
        var table = Table(["RESOURCE", "TOTAL", "RESERVE", "PROMISED", "LEFT"])
        for row in report.rows {
            let text = { (amount: UInt64) in row.resource == "cpu" ? "\(amount / 10_000)%" : Amount.bytes(amount) }
            table.add([row.resource, text(row.total), text(row.reserve), text(row.promised), text(row.left)])
        }
        Output.print(table.text)
    }
}

/// `bailey tenant`.
struct TenantCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant",
        abstract: "Shows tenants and what they used.",
        subcommands: [TenantList.self, TenantShow.self, TenantUsage.self]
    )
}

/// `bailey tenant ls`.
struct TenantList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists tenants.")

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "listing tenants")
        if json {
            return Output.print(String(decoding: try control.client.send("GET", "/v1/tenants").body, as: UTF8.self))
        }
        var table = Table(["TENANT", "PART OF", "JAILS", "RUNNING", "MEMORY", "CPU"])
        for tenant in try control.client.call("GET", "/v1/tenants", as: [TenantSummary].self) {
            table.add([
                tenant.name, tenant.parent ?? "-", "\(tenant.jails)", "\(tenant.running)",
                tenant.settings["resources.memory.max"] ?? "-", tenant.settings["resources.cpu.max"] ?? "-",
            ])
        }
        Output.print(table.text)
    }
}

/// `bailey tenant show`.
struct TenantShow: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Shows a tenant's limits and users.")

    @Argument(help: "The tenant.")
    var name: String

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "showing a tenant")
        let all = try control.client.call("GET", "/v1/tenants", as: [TenantSummary].self)
        guard let tenant = all.first(where: { $0.name == name }) else {
            throw CommandFailure(message: "no tenant is called \(name): bailey tenant ls lists them", status: 1)
        }
        Output.print("jails: \(tenant.jails), \(tenant.running) of them running")
        if let parent = tenant.parent { Output.print("part of: \(parent)") }
        if !tenant.users.isEmpty { Output.print("users: \(tenant.users.joined(separator: " "))") }
        for (key, value) in tenant.settings.sorted(by: { $0.key < $1.key }) { Output.print("\(key): \(value)") }
    }
}

/// `bailey tenant usage`.
struct TenantUsage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Shows what a tenant used.",
        discussion: "Kept by the hour for 60 days, gathered every five seconds while the supervisor runs."
    )

    @Argument(help: "The tenant.")
    var name: String

    @Option(help: "A month, such as 2026-01; all that is kept when left out.")
    var month: String?

    @Flag(help: "Print as JSON.")
    var json = false

    func run() throws {
        let control = try Control.required(try Installation.engine(), for: "reading the usage of \(name)")
        let target =
            "/v1/tenants/\(ControlClient.word(name))/usage" + (month.map { "?month=\(ControlClient.word($0))" } ?? "")
        if json { return Output.print(String(decoding: try control.client.send("GET", target).body, as: UTF8.self)) }
        let usage = try control.client.call("GET", target, as: Usage.self)
        func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        var table = Table(["WHAT", "USED"])
        table.add(["processor", "\(tenths(usage.cpuSeconds)) s"])
        table.add(["memory", "\((usage.memoryGiBHours * 1000).rounded() / 1000) GiB-hours"])
        table.add(["disk space", "\((usage.diskGiBHours * 1000).rounded() / 1000) GiB-hours"])
        table.add(["read from disk", Amount.bytes(usage.diskReadBytes)])
        table.add(["written to disk", Amount.bytes(usage.diskWriteBytes)])
        table.add(["received from outside", Amount.bytes(usage.receivedBytes)])
        table.add(["sent outside", Amount.bytes(usage.sentBytes)])
        for (kind, count) in usage.faults.sorted(by: { $0.key < $1.key }) where count > 0 {
            table.add([kind, kind == "cpu.throttled" ? "\(tenths(Double(count) / 1e6)) s" : "\(count) times"])
        }
        Output.print(table.text)
        Output.print("not counted on this host: \(usage.unknown.joined(separator: ", "))")
    }
}
