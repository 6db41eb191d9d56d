import ArgumentParser
import Engine
import StartCommands

/// `bailey doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says what this host can and cannot do for jails, and what to do about it."
    )

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Fetch a guest kernel if none is there, and see which virtual machines come up.")
    var machines = false

    func run() throws {
        let engine = try Installation.engine()
        Sweep(engine).cleanAll()
        let checks = Doctor(engine, bootsMachines: machines).examine()
        if json {
            Output.print(
                JSON.list(
                    checks.map {
                        .object([
                            ("name", .text($0.name)), ("verdict", .text($0.verdict.rawValue)),
                            ("found", .text($0.found)),
                            ("advice", .text($0.advice)),
                        ])
                    }
                ).text
            )
        } else {
            var table = Table(["", "WHAT", "FOUND", "WHAT TO DO"])
            for check in checks { table.add([check.verdict.rawValue, check.name, check.found, check.advice]) }
            Output.print(table.text)
        }
        if checks.contains(where: { $0.verdict == .missing }) { throw CommandFailure(message: "", status: 1) }
    }
}

/// `bailey completion`.
struct CompletionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Prints a completion script for a shell: bash, zsh or fish."
    )

    @Argument(help: "The shell.")
    var shell: String

    func run() throws {
        guard let known = CompletionShell(rawValue: shell) else {
            throw CommandFailure(message: "completion: no script for \(shell): use bash, zsh or fish", status: 1)
        }
        Output.print(Bailey.completionScript(for: known))
    }
}

/// `bailey version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints the version.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        Output.print(json ? JSON.object([("version", .text(Version.number))]).text : Version.text)
    }
}
