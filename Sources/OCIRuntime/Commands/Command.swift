/// The commands by name.
enum Command {
    private static let commands: [String: @Sendable (ArraySlice<String>, Runtime) throws(RuntimeError) -> Int32] = [
        "create": { (words, runtime) throws(RuntimeError) in try CreateCommand(runtime).create(words) },
        "run": { (words, runtime) throws(RuntimeError) in try RunCommand(runtime).run(words) },
        "start": { (words, runtime) throws(RuntimeError) in try StartCommand(runtime).run(words) },
        "state": { (words, runtime) throws(RuntimeError) in try StateCommand(runtime).run(words) },
        "kill": { (words, runtime) throws(RuntimeError) in try KillCommand(runtime).run(words) },
        "delete": { (words, runtime) throws(RuntimeError) in try DeleteCommand(runtime).run(words) },
        "exec": { (words, runtime) throws(RuntimeError) in try ExecCommand(runtime).run(words) },
        "list": { (words, runtime) throws(RuntimeError) in try ListCommand(runtime).run(words) },
        "ps": { (words, runtime) throws(RuntimeError) in try ProcessListCommand(runtime).run(words) },
        "pause": { (words, runtime) throws(RuntimeError) in try PauseCommand(runtime).pause(words) },
        "resume": { (words, runtime) throws(RuntimeError) in try PauseCommand(runtime).resume(words) },
        "update": { (words, runtime) throws(RuntimeError) in try UpdateCommand(runtime).run(words) },
        "events": { (words, runtime) throws(RuntimeError) in try EventsCommand(runtime).run(words) },
        "features": { (words, runtime) throws(RuntimeError) in try FeaturesCommand().run(words) },
        "spec": { (words, runtime) throws(RuntimeError) in try SpecCommand().run(words) },
    ]

    static func run(_ name: String, _ words: ArraySlice<String>, _ runtime: Runtime) throws(RuntimeError) -> Int32 {
        if name == "help" {
            Output.print(words.first.flatMap { HelpText.commands[$0] } ?? HelpText.program)
            return 0
        }
        guard let command = commands[name] else {
            throw RuntimeError("unknown command '\(name)': see bailey-oci --help")
        }
        // The words of a program to be run are none of ours.
        let own = words.prefix { $0.hasPrefix("-") && $0 != "--" }
        if own.contains("--help") || own.contains("-h") || (own.contains("-help")) {
            Output.print(HelpText.commands[name] ?? HelpText.program)
            return 0
        }
        return try command(words, runtime)
    }
}
