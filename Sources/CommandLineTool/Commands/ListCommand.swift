import ArgumentParser
import Cgroups
import Engine
import Glibc
import LinuxKernel
import StartCommands

/// The caller's standard streams.
enum Streams {
    /// Whether somebody sits at a terminal.
    static var haveTerminal: Bool { Terminals.isTerminal(0) && Terminals.isTerminal(1) }
}

/// `bailey ls`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists jails.", aliases: ["list"])

    @Flag(name: .shortAndLong, help: "Print names only.")
    var quiet = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let engine = try Installation.engine()
        if let control = Control(engine) { return SupervisedList(try control.jails()).print(quiet: quiet, json: json) }
        Sweep(engine).cleanAll()
        let records = JailListing(engine).records()
        if json { return Output.print(JSON.list(records.map(Self.fields)).text) }
        if quiet {
            for record in records { Output.print(record.name) }
            return
        }
        var table = Table(["NAME", "STATE", "PID", "STARTED", "FROM", "COMMAND"])
        for record in records {
            let pid = record.process.map { "\($0.pid)" } ?? "-"
            let age = Amount.age(Events.now(CLOCK_REALTIME) - record.started) + " ago"
            table.add([record.name, Self.state(record), pid, age, record.source, record.command])
        }
        Output.print(table.text)
    }

    private static func state(_ record: JailRecord) -> String {
        guard record.state == .stopped, let exit = record.exit else { return record.state.rawValue }
        return "stopped (\(exit.status.shellCode))"
    }

    /// The fields that `ls` and `inspect` share.
    static func fields(_ record: JailRecord) -> JSON {
        .object([
            ("name", .text(record.name)), ("state", .text(record.state.rawValue)),
            ("pid", record.process.map { .number(Int64($0.pid)) } ?? .null), ("source", .text(record.source)),
            ("command", .list(record.guestCommand.map { .text($0) })),
            ("startedNanoseconds", .number(record.started)),
            ("exitStatus", record.exit.map { .number(Int64($0.status.shellCode)) } ?? .null),
        ])
    }
}

/// `bailey ps`.
struct ProcessesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ps", abstract: "Lists the processes of a jail.")

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        let record = try JailListing(try Installation.engine()).running(name)
        let processes = CgroupControl(record.group).processes().compactMap { JailProcess($0, record) }
        if json { return Output.print(JSON.list(processes.map(\.json)).text) }
        var table = Table(["PID", "HOST PID", "USER", "STATE", "RSS", "COMMAND"])
        for one in processes {
            table.add(["\(one.inside)", "\(one.outside)", one.user, one.state, Amount.bytes(one.resident), one.command])
        }
        Output.print(table.text)
    }
}

/// One process of a jail, as proc_pid_status(5) tells.
private struct JailProcess {
    let outside: Int32
    private(set) var inside = "-"
    private(set) var user = "-"
    private(set) var state = "-"
    private(set) var resident: UInt64 = 0
    let command: String

    init?(_ pid: Int32, _ record: JailRecord) {
        guard let status = try? Files.readText("/proc/\(pid)/status") else { return nil }
        outside = pid
        var name = ""
        for line in status.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard words.count > 1 else { continue }
            switch words[0] {
            case "Name:": name = String(words[1])
            case "NSpid:": inside = words.last.map(String.init) ?? "-"
            case "State:": state = String(words[1])
            case "VmRSS:": resident = (UInt64(words[1]) ?? 0) * 1024
            case "Uid:":
                let base = record.plan.identity.hostBase
                if let uid = UInt32(words[1]) { user = uid >= base ? "\(uid - base)" : "host \(uid)" }
            default: continue
            }
        }
        let line = (try? Files.readBytes("/proc/\(pid)/cmdline", limit: 1 << 20)) ?? []
        let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        command = words.isEmpty ? "[\(name)]" : words.joined(separator: " ")
    }

    var json: JSON {
        .object([
            ("pid", .number(Int64(inside) ?? 0)), ("hostPid", .number(Int64(outside))), ("user", .text(user)),
            ("state", .text(state)), ("residentBytes", .number(Int64(resident))), ("command", .text(command)),
        ])
    }
}

/// `bailey stats`.
struct StatisticsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "stats", abstract: "Shows what jails use.")

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "Jails; all that run when left out.")
    var names: [String] = []

    func run() throws {
        let listing = JailListing(try Installation.engine())
        let records =
            names.isEmpty
            ? listing.records().filter { $0.state == .running || $0.state == .paused }
            : try names.map { try listing.running($0) }
        let figures = records.map { ($0.name, CgroupStatistics.read($0.group)) }
        if json { return Output.print(JSON.list(figures.map(Self.fields)).text) }
        var table = Table(["NAME", "CPU TIME", "THROTTLED", "MEMORY", "PEAK", "OOM KILLS", "PIDS", "READ", "WRITTEN"])
        for (name, used) in figures {
            table.add([
                name, Self.seconds(used.cpu.usage), Self.seconds(used.cpu.throttled), Amount.bytes(used.memory.current),
                Amount.bytes(used.memory.peak), Self.count(used.memory.oomKills), Self.count(used.pids.current),
                Amount.bytes(used.io.readBytes), Amount.bytes(used.io.writeBytes),
            ])
        }
        Output.print(table.text)
    }

    private static func count(_ value: UInt64?) -> String { value.map { "\($0)" } ?? "-" }

    private static func seconds(_ nanoseconds: UInt64?) -> String {
        guard let nanoseconds else { return "-" }
        let hundredths = nanoseconds / 10_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }

    private static func fields(_ name: String, _ used: CgroupStatistics) -> JSON {
        .object([
            ("name", .text(name)), ("cpuNanoseconds", .optional(used.cpu.usage)),
            ("cpuThrottledNanoseconds", .optional(used.cpu.throttled)),
            ("memoryBytes", .optional(used.memory.current)), ("memoryPeakBytes", .optional(used.memory.peak)),
            ("oomKills", .optional(used.memory.oomKills)), ("memoryMaxEvents", .optional(used.memory.maxEvents)),
            ("pids", .optional(used.pids.current)), ("pidsMaxEvents", .optional(used.pids.maxEvents)),
            ("readBytes", .optional(used.io.readBytes)), ("writtenBytes", .optional(used.io.writeBytes)),
        ])
    }
}
