import ArgumentParser
import ControlAPI
import Declarations
import Engine
import Planning
import Profiles
import StartCommands
import Storage

/// `bailey resize`.
struct ResizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resize",
        abstract: "Gives a jail another disk limit, while it runs or not.",
        discussion: """
            Below what the jail keeps already a limit is refused, with the figures. A quota is changed in place; an image \
            grows under a running jail and shrinks under a stopped one.
            """
    )

    @Option(help: ArgumentHelp("How many files and directories; what it was when left out.", valueName: "COUNT"))
    var inodes: String?

    @Argument(help: "The jail.")
    var name: String

    @Argument(help: "The space, such as 10GiB.")
    var space: String

    func run() throws {
        let engine = try Installation.engine()
        if let control = Control(engine) { return try ask(control) }
        var spec = try engine.keptSpec(name)
        var declaration = try engine.keptDeclaration(name) ?? Declaration()
        var flags = [("--disk", "resources.disk.space", space)]
        if let inodes { flags.append(("--inodes", "resources.disk.inodes", inodes)) }
        for (flag, keyPath, text) in flags {
            let findings = spec.override(keyPath, with: text, flag: flag)
            guard !findings.hasErrors else { throw EngineError.invalid(findings) }
            declaration.flags.removeAll { $0.keyPath == keyPath }
            declaration.flags.append(Declaration.Flag(flag: flag, keyPath: keyPath, text: text))
        }
        try engine.resizeDisk(of: name, to: spec.diskLimit)
        // From now on this is what the jail was declared with: its next start, and a clone, have it too.
        try engine.declare(name, as: declaration.bytes)
        Output.print(name)
    }

    /// The supervisor does it, so that it knows what it has promised.
    private func ask(_ control: Control) throws {
        var settings = ["resources.disk.space": space]
        if let inodes { settings["resources.disk.inodes"] = inodes }
        var request = SetRequest(settings: settings)
        request.jails = [name]
        let outcomes = try control.client.call("POST", "/v1/set", request, as: [JailOutcome].self)
        let failures = outcomes.compactMap(\.error)
        guard failures.isEmpty else { throw CommandFailure(message: failures.joined(separator: "\n"), status: 1) }
        Output.print(name)
    }
}
