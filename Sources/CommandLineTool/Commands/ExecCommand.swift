import ArgumentParser
import Engine
import Profiles

/// `bailey exec`, as values.
struct ExecOptions: Equatable, Sendable {
    var name = ""
    var command: [String] = []
    var environment: [String] = []
    var directory: String?
    var user: String?
    var interactive = false
    var terminal = false

    /// Becomes the command; returns only by throwing.
    func perform() throws {
        do {
            let engine = try Installation.engine()
            var request = EntryRequest(command: command)
            if request.command.isEmpty { request.command = try engine.shell(of: name) }
            (request.environment, request.directory) = (try environment.map(checked), directory)
            (request.terminal, request.interactive) = (terminal, interactive)
            request.user = try user.map { (text) throws(ValueProblem) in try UserSpec(parsing: text) }
            try engine.enter(name, request)
        } catch let problem as ValueProblem {
            throw CommandFailure(message: "--user: \(problem.message)", status: 125)
        } catch {
            throw CommandFailure(message: "\(error)", status: 125)
        }
    }

    private func checked(_ entry: String) throws -> String {
        guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
            throw CommandFailure(message: "--env: \(entry): NAME=VALUE is expected", status: 125)
        }
        return entry
    }
}

/// `bailey exec`.
struct ExecCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Runs a command in a running jail, confined as the jail is."
    )

    @Option(name: .shortAndLong, help: ArgumentHelp("A variable; may be repeated.", valueName: "NAME=VALUE"))
    var env: [String] = []

    @Option(name: .shortAndLong, help: "Where it starts, inside.")
    var workdir: String?

    @Option(name: .shortAndLong, help: "Whom it runs as, inside.")
    var user: String?

    @Flag(name: .shortAndLong, help: "Pass standard input on.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give it a terminal of the jail's.")
    var tty = false

    @Argument(help: "The jail.")
    var name: String

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    var options: ExecOptions {
        var options = ExecOptions()
        (options.name, options.environment, options.directory, options.user) = (name, env, workdir, user)
        (options.interactive, options.terminal) = (interactive, tty)
        options.command = command.first == "--" ? Array(command.dropFirst()) : command
        return options
    }

    func run() throws {
        if command.first == "--help" { throw CleanExit.helpRequest(self) }
        guard !options.command.isEmpty else {
            throw CommandFailure(message: "exec: no command: bailey enter \(name) starts a shell", status: 125)
        }
        try options.perform()
    }
}

/// `bailey enter`.
struct EnterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter",
        abstract: "Opens a shell in a running jail."
    )

    @Option(name: .shortAndLong, help: "Whom the shell runs as, inside.")
    var user: String?

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        var options = ExecOptions()
        (options.name, options.user) = (name, user)
        (options.interactive, options.terminal) = (true, Streams.haveTerminal)
        try options.perform()
    }
}
