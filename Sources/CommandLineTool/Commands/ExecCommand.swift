import ArgumentParser
import StartCommands

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
