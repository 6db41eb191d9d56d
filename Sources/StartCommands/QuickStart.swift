import LinuxKernel

/// The `bailey` program: does itself what starts and enters jails, and leaves everything else to `bailey-commands`.
///
/// It is small on purpose. What a large program costs before its first line runs is as much as the jail itself
/// (docs/decisions/0007-quick-command-line.md).
package enum QuickStart {
    /// Runs the command line of this process.
    ///
    /// Never returns.
    package static func main() -> Never {
        guard let request = HotLine.parse(Array(CommandLine.arguments.dropFirst())) else { handOver() }
        do {
            try request.perform()
            Processes.exit(0)
        } catch {
            if let failure = error as? CommandFailure {
                if !failure.message.isEmpty { Output.error(failure.message) }
                Processes.exit(failure.status)
            }
            Output.error("\(error)")
            Processes.exit(125)
        }
    }

    private static func handOver() -> Never {
        let program = Installation.allCommands
        let failure = Processes.executeKeepingEnvironment(program, CommandLine.arguments)
        Output.error("reading the command line: \(failure): install bailey and bailey-commands from one build")
        Processes.exit(125)
    }
}
