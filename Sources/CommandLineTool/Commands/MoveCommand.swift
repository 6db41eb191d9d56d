import ArgumentParser
import Engine
import Glibc
import LinuxKernel
import StartCommands

/// `bailey move`.
struct MoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Moves a jail to another host while it runs, with a pause for the last changes only.",
        discussion: """
            bailey move --to "ssh host bailey" web1: what the jail stands on and what it has written go over while it runs; \
            then it is stopped, what changed meanwhile goes over, and it is started there. If anything fails before that, \
            it goes on here. Here it stays, stopped, until bailey rm web1 (or with --remove it goes). Processes do not \
            move: the jail boots anew there. --to "env BAILEY_ROOT=/srv/other bailey" moves between two roots of one host.
            """
    )

    @Option(help: ArgumentHelp("How bailey is run on the other side, as a line of shell.", valueName: "COMMAND"))
    var to: String

    @Option(name: .customLong("name"), help: "What the jail is called there.")
    var newName: String?

    @Flag(help: "Do not start it there.")
    var stopped = false

    @Flag(help: "Remove it here when it is there.")
    var remove = false

    @Flag(help: "Leave snapshots out.")
    var noSnapshots = false

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        let engine = try Installation.engine()
        try JailListing(engine).requireKnown(name)
        let ran = JailListing(engine).state(of: name).isRunning
        var departure = try Departure(engine, name)
        if ran {
            say("\(name): sending what it stands on while it runs")
            let options = try missing()
            try send("import --layers-only --quiet") { try departure.sendWhileRunning(to: $0, options) }
        }
        let begin = Events.now()
        if ran { try own("stop") }
        do {
            say("\(name): sending \(ran ? "what changed meanwhile" : "it")")
            let options = try missing()
            let place = newName.map { " --name \(Self.quoted($0))" } ?? ""
            try send("import --quiet\(place)") { try departure.sendRest(to: $0, options) }
            if ran, !stopped { try far("start \(Self.quoted(newName ?? name))") }
        } catch {
            // Nothing is lost: the jail here is what it was.
            if ran { try own("start") }
            throw error
        }
        let pause = Events.now() - begin
        if ran { say("\(name): stood still for \(pause / 1_000_000) ms") }
        if remove {
            try own("rm")
        } else {
            say("\(name): stays here, stopped: bailey rm \(name) removes it")
        }
        Output.print(newName ?? name)
    }

    /// What the other side lacks.
    private func missing() throws -> ExportOptions {
        var options = ExportOptions()
        let null = try Files.open("/dev/null", O_RDONLY)
        let answer = try Filter.of(null.number, shell("import --have"), environment: Filter.inherited).rest()
        options.have = Set(answer.split(whereSeparator: \.isWhitespace).map(String.init))
        options.withoutSnapshots = noSnapshots
        return options
    }

    private func send(_ words: String, _ body: (Int32) throws -> Void) throws {
        let receiver = try Filter.into(2, shell(words), environment: Filter.inherited)
        let packer = try Filter.into(receiver.writing, ["zstd", "-q", "-c", "-T0"])
        try body(packer.writing)
        try packer.finish()
        try receiver.finish()
    }

    private func far(_ words: String) throws {
        let null = try Files.open("/dev/null", O_RDONLY)
        _ = try Filter.of(null.number, shell(words), environment: Filter.inherited).rest()
    }

    /// Runs a command of this program on the jail here, as an operator would: whoever looks after the jail is told.
    private func own(_ command: String) throws {
        let null = try Files.open("/dev/null", O_RDONLY)
        _ = try Filter.of(null.number, ["/proc/self/exe", command, name], environment: Filter.inherited).rest()
    }

    private func shell(_ words: String) -> [String] { ["sh", "-c", "\(to) \(words)"] }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private func say(_ text: String) { Output.write(text + "\n", to: 2) }
}
