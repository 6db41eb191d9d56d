import ArgumentParser
import ControlAPI
import Engine
import Profiles
import StartCommands

/// `bailey stop`.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Asks jails to end, and ends them when they do not in time."
    )

    @Option(name: .shortAndLong, help: "How long to wait, such as 10s; the profile's grace when left out.")
    var time: String?

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        if let control = Control(engine) {
            let grace = try time.map { try Self.milliseconds($0) }
            try ForEach(names) { name in
                let jail = try control.jail(name, "stop", EndRequest(grace: grace))
                Output.print(jail.exitStatus == 137 ? "\(name) (killed)" : name)
            }
            return
        }
        try ForEach(names) { name in
            let grace = try Self.grace(of: name, time, engine)
            let byItself = try engine.stop(name, graceMilliseconds: grace)
            Output.print(byItself ? name : "\(name) (killed after \(Double(grace) / 1000) s)")
        }
    }

    /// Milliseconds: what was asked for, or what the jail's profile says.
    static func grace(of name: String, _ asked: String?, _ engine: Engine) throws -> Int64 {
        try milliseconds(try asked ?? grace(of: name, engine))
    }

    static func milliseconds(_ text: String) throws -> Int64 {
        do throws(ValueProblem) {
            return Int64(try TimeSpan(parsing: text, flag: true).microseconds / 1000)
        } catch {
            throw CommandFailure(message: "--time: \(error.message)", status: 1)
        }
    }

    private static func grace(of name: String, _ engine: Engine) throws -> String {
        let record = try JailListing(engine).running(name)
        let said = record.explanation.values.first { $0.keyPath == "stop.grace" }?.text
        return said ?? (record.plan.process.isInit ? "30s" : "10s")
    }
}

/// `bailey kill`.
struct KillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "kill", abstract: "Sends a signal to jails.")

    @Option(name: .shortAndLong, help: "The signal; KILL ends everything in the jail.")
    var signal = "KILL"

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        let number: Int32
        do {
            number = try Signal(parsing: signal).number
        } catch {
            throw CommandFailure(message: "--signal: \(error.message)", status: 1)
        }
        let control = Control(engine)
        try ForEach(names) { name in
            if let control {
                _ = try control.jail(name, "kill", EndRequest(signal: signal))
            } else {
                try engine.kill(name, signal: number)
            }
            Output.print(name)
        }
    }
}

/// `bailey pause`.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Freezes every process of jails.")

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        let control = Control(engine)
        try ForEach(names) { name in
            if let control { _ = try control.jail(name, "pause") } else { try engine.setPaused(name, true) }
            Output.print(name)
        }
    }
}

/// `bailey resume`.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Lets paused jails go on.")

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        let control = Control(engine)
        try ForEach(names) { name in
            if let control { _ = try control.jail(name, "resume") } else { try engine.setPaused(name, false) }
            Output.print(name)
        }
    }
}

/// `bailey rm`.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Removes jails and everything kept of them.",
        aliases: ["destroy"]
    )

    @Flag(name: .shortAndLong, help: "Kill them first if they run.")
    var force = false

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        let control = Control(engine)
        defer { if control == nil { Sweep(engine).cleanAll() } }
        try ForEach(names) { name in
            if let control { try control.remove(name, force: force) } else { try engine.remove(name, force: force) }
            Output.print(name)
        }
    }
}
