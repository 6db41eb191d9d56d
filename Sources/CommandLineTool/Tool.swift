import ArgumentParser
import LinuxKernel
import StartCommands

/// All commands of `bailey`, behind the argument parser.
public enum Tool {
    /// Runs the command line of this process.
    ///
    /// Never returns.
    public static func main() -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            try CommandNames.check(arguments)
            var command = try Bailey.parseAsRoot(arguments)
            finish { try command.run() }
        } catch {
            finish { throw error }
        }
    }

    private static func finish(_ body: () throws -> Void) -> Never {
        do {
            try body()
            Processes.exit(0)
        } catch let error as CommandFailure {
            if !error.message.isEmpty { Output.error(error.message) }
            Processes.exit(error.status)
        } catch {
            // Help, usage and misspelt commands are the parser's to print; everything else is Bailey's.
            let isParsers = error is CleanExit || error is ExitCode || error is ValidationError
            if isParsers || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.") {
                Bailey.exit(withError: error)
            }
            Output.error("\(error)")
            Processes.exit(1)
        }
    }
}

/// The root of all commands.
struct Bailey: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bailey",
        abstract: "Runs guest systems in jails that share this machine's kernel, by rules and by files.",
        discussion: """
            A jail is started from a template or a directory, confined by namespaces, cgroups, seccomp and capabilities, \
            and every value that confines it can be explained. Begin with: bailey doctor, bailey template build busybox, \
            bailey run --rm -it --template busybox.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, CreateCommand.self, StartCommand.self, RestartCommand.self, RenameCommand.self,
            EnterCommand.self, ExecCommand.self, ListCommand.self, ProcessesCommand.self,
            StatisticsCommand.self, PlanCommand.self, ApplyCommand.self, SetCommand.self, EventsCommand.self,
            TenantCommand.self, CapacityCommand.self, TopCommand.self, InspectCommand.self, ExplainCommand.self,
            LogsCommand.self, StopCommand.self,
            KillCommand.self, PauseCommand.self, ResumeCommand.self, RemoveCommand.self,
            CopyCommand.self, DiffCommand.self, SnapshotCommand.self, RestoreCommand.self, CloneCommand.self,
            CommitCommand.self, ExportCommand.self, ImportCommand.self, TemplateCommand.self, PruneCommand.self,
            UnifyCommand.self, NetworkCommand.self,
            CompareCommand.self, DoctorCommand.self, CompletionCommand.self, VersionCommand.self,
        ]
    )
}
