import ArgumentParser
import ControlAPI
import Declarations
import Engine
import LinuxKernel
import Profiles
import StartCommands

/// `bailey create`.
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Makes a jail without starting it.",
        discussion: "Takes what bailey run takes; the jail is kept, with its files and ids, until bailey rm."
    )

    @Option(name: .shortAndLong, help: "A file with a Jail or Profile; - reads standard input.")
    var file: String?

    @Option(help: "A profile by name, laid under the flags; may be repeated.")
    var profile: [String] = []

    @Flag(help: "Nothing in its root can be written.")
    var readOnly = false

    @Flag(help: "Print the name as JSON.")
    var json = false

    @OptionGroup(title: "What the jail is")
    var spec: SpecFlags

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    func run() throws {
        var options = RunOptions()
        (options.file, options.profiles, options.readOnly) = (file, profile, readOnly)
        options.settings = spec.settings
        options.command = command.first == "--" ? Array(command.dropFirst()) : command
        if let first = command.first, first.hasPrefix("-"), first != "--" {
            if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
            throw CommandFailure(message: "create: unknown flag \(first): see bailey create --help", status: 1)
        }
        let engine = try Installation.engine()
        let declared = try RunSpec(options, engine).declare()
        var request = JailRequest(spec: declared.resolution.spec)
        request.declaration = declared.declaration.bytes
        request.tenants = try TenantStore(engine).chain(of: request.spec)
        let made = try engine.create(request)
        for warning in made.warnings { Output.error(warning.description) }
        Output.print(json ? JSON.object([("name", .text(made.name))]).text : made.name)
    }
}

/// `bailey start`.
struct StartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Starts jails that were created, or that have ended.",
        discussion: """
            With --rescue, one jail runs another command in the foreground instead of its own, with its files and limits: \
            bailey start --rescue web1 -- sh
            """
    )

    @Flag(help: "Run the command after -- in the foreground instead of the jail's own; sh when none is given.")
    var rescue = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("Jails; with --rescue: JAIL -- COMMAND.", valueName: "name")
    )
    var words: [String] = []

    private var names: [String] { words.prefix { $0 != "--" }.filter { $0 != "--rescue" } }
    private var command: [String] { Array(words.drop { $0 != "--" }.dropFirst()) }

    func validate() throws {
        let names = self.names
        if names.contains("--help") || names.contains("-h") { throw CleanExit.helpRequest(self) }
        if let flag = names.first(where: { $0.hasPrefix("-") }) { throw ValidationError("Unknown option '\(flag)'") }
        if names.isEmpty { throw ValidationError("Missing expected argument '<name> ...'") }
    }

    func run() throws {
        let engine = try Installation.engine()
        if rescue || words.prefix(while: { $0 != "--" }).contains("--rescue") { try runRescue(engine) }
        guard command.isEmpty else {
            throw CommandFailure(message: "start: a command is for --rescue: the jail has its own", status: 1)
        }
        if let control = Control(engine) {
            try ForEach(names) { name in
                _ = try control.jail(name, "start")
                Output.print(name)
            }
            return
        }
        try ForEach(names) { name in
            let start = try engine.prepareKept(name)
            for warning in start.warnings { Output.error(warning.description) }
            try engine.startDetached(start)
            Output.print(name)
        }
    }

    private func runRescue(_ engine: Engine) throws -> Never {
        guard let name = names.first, names.count == 1 else {
            throw CommandFailure(message: "start --rescue: name one jail", status: 125)
        }
        var options = StartOptions()
        options.rescue = command.isEmpty ? ["/bin/sh"] : command
        (options.detached, options.interactive) = (false, true)
        options.terminal = Terminals.isTerminal(0) && Terminals.isTerminal(1)
        do {
            try engine.becomeLauncher(try engine.prepareKept(name, options))
        } catch {
            throw CommandFailure(message: "\(error)", status: 125)
        }
    }
}

/// `bailey restart`.
struct RestartCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Stops jails that run, and starts them again."
    )

    @Option(name: .shortAndLong, help: "How long to wait for the end, such as 10s; the profile's grace when left out.")
    var time: String?

    @Argument(help: "Jails.")
    var names: [String]

    func run() throws {
        let engine = try Installation.engine()
        let control = Control(engine)
        try ForEach(names) { name in
            if let control {
                let grace = try time.map { try StopCommand.milliseconds($0) }
                _ = try control.jail(name, "restart", EndRequest(grace: grace))
                return Output.print(name)
            }
            // What cannot be started again is not stopped either.
            _ = try engine.keptSpec(name)
            if (try? JailListing(engine).running(name)) != nil {
                try engine.stop(name, graceMilliseconds: StopCommand.grace(of: name, time, engine))
            }
            try engine.startDetached(try engine.prepareKept(name))
            Output.print(name)
        }
    }
}

/// `bailey rename`.
struct RenameCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Gives a stopped jail another name."
    )

    @Argument(help: "The jail.")
    var name: String

    @Argument(help: "Its new name.")
    var new: String

    func run() throws {
        let engine = try Installation.engine()
        if let control = Control(engine) {
            try control.client.send("POST", "/v1/jails/\(ControlClient.word(name))/rename", ["name": new])
        } else {
            try engine.rename(name, to: new)
        }
        Output.print(new)
    }
}

/// Does something with each of several jails; one that fails does not keep the others from their turn.
struct ForEach {
    @discardableResult
    init(_ names: [String], _ body: (String) throws -> Void) throws {
        var failures: [String] = []
        for name in names {
            do { try body(name) } catch {
                failures.append((error as? CommandFailure)?.message ?? "\(error)")
            }
        }
        if !failures.isEmpty { throw CommandFailure(message: failures.joined(separator: "\n"), status: 1) }
    }
}
