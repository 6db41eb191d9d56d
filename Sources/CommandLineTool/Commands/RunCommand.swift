import ArgumentParser
import Engine
import StartCommands

/// `bailey run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a command in a new jail.",
        discussion: """
            In the foreground unless --detach is given; ends with the command's exit status. 125 is Bailey's own failure, \
            126 a command that is not executable, 127 one that is not found, 128+N the end by signal N.
            """
    )

    @Option(name: .shortAndLong, help: "A file with a Jail or Profile; - reads standard input.")
    var file: String?

    @Option(help: "A profile by name, laid under the flags; may be repeated.")
    var profile: [String] = []

    @Flag(name: .shortAndLong, help: "Leave it running and print its name.")
    var detach = false

    @Flag(name: .shortAndLong, help: "Pass standard input on.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Give it a terminal.")
    var tty = false

    @Flag(name: .customLong("rm"), help: "Keep nothing when it ends.")
    var remove = false

    @Flag(help: "Nothing in its root can be written.")
    var readOnly = false

    @Flag(help: "Print the name of a detached jail as JSON.")
    var json = false

    @OptionGroup(title: "What the jail is")
    var spec: SpecFlags

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    var options: RunOptions {
        var options = RunOptions()
        (options.file, options.profiles, options.detach) = (file, profile, detach)
        (options.interactive, options.terminal, options.remove) = (interactive, tty, remove)
        (options.readOnly, options.json, options.settings) = (readOnly, json, spec.settings)
        options.command = command.first == "--" ? Array(command.dropFirst()) : command
        return options
    }

    /// The command takes all words from the first that is no known flag: one that looks like a flag is a misspelt one.
    private func refuseMisspeltFlag() throws {
        guard let first = command.first, first.hasPrefix("-"), first != "--" else { return }
        if first == "--help" || first == "-h" { throw CleanExit.helpRequest(self) }
        let known =
            SpecFlag.all.map(\.long) + [
                "--file", "--profile", "--detach", "--interactive", "--tty", "--rm", "--read-only",
            ]
        let near = known.first { NearName.isNear($0, first) }
        throw CommandFailure(
            message: "run: unknown flag \(first)\(near.map { ": did you mean \($0)?" } ?? ": see bailey run --help")",
            status: 125
        )
    }

    func run() throws {
        try refuseMisspeltFlag()
        try options.perform()
    }
}
