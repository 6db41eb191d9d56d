import Declarations
import Engine
import LinuxKernel
import Profiles

/// `bailey run`, as values: what both the quick reader and the argument parser fill in.
struct RunOptions: Equatable, Sendable {
    var file: String?
    var profiles: [String] = []
    var detach = false
    var interactive = false
    var terminal = false
    var remove = false
    var readOnly = false
    var initSystem = false
    var json = false
    /// Flags whose text goes into the spec, in the order given.
    var settings: [Setting] = []
    var command: [String] = []

    /// One flag with its text.
    struct Setting: Equatable, Sendable {
        let flag: SpecFlag
        let text: String

        /// The text in the form that the key reads: `--tmpfs /run:size=1MiB` is a mount of that type.
        var value: String {
            guard flag.long == "--tmpfs" else { return text }
            return "type=tmpfs,target=" + text.split(separator: ":", maxSplits: 1).joined(separator: ",")
        }
    }

    /// Starts the jail; returns only for a detached one.
    func perform() throws {
        let engine = try Installation.engine()
        let declared = try RunSpec(self, engine).declare()
        var request = JailRequest(spec: declared.resolution.spec)
        if !remove { request.declaration = declared.declaration.bytes }
        (request.detached, request.interactive, request.terminal, request.remove) = (
            detach, interactive, terminal, remove
        )
        do {
            let start = try engine.prepare(request)
            for warning in start.warnings { Output.error(warning.description) }
            let name = start.name
            if !detach { try engine.becomeLauncher(start) }
            try engine.startDetached(start)
            Output.print(json ? JSON.object([("name", .text(name))]).text : name)
        } catch {
            throw CommandFailure(message: "\(error)", status: 125)
        }
    }
}

/// Builds the spec of a run from file, profiles and flags.
struct RunSpec {
    private let options: RunOptions
    private let engine: Engine

    init(_ options: RunOptions, _ engine: Engine) {
        self.options = options
        self.engine = engine
    }

    /// What was said and what it comes to; warnings are printed.
    func declare() throws -> DeclarationReader.Declared {
        let declared = DeclarationReader(engine).declare(try said())
        let findings = declared.resolution.findings
        if findings.hasErrors {
            throw CommandFailure(message: findings.map(\.description).joined(separator: "\n"), status: 125)
        }
        for finding in findings { Output.error(finding.description) }
        return declared
    }

    /// No file and no profile: the built-in defaults, and not a byte of YAML is read.
    private func said() throws -> Declaration {
        var said = Declaration()
        if let file = options.file { said.document = Declaration.Document(path: file, text: try text(of: file)) }
        said.profiles = options.profiles
        said.flags = options.settings.map {
            Declaration.Flag(flag: $0.flag.long, keyPath: $0.flag.keyPath, text: $0.value)
        }
        if options.readOnly {
            said.flags.append(
                Declaration.Flag(flag: "--read-only", keyPath: "security.readOnlyRoot", text: "true")
            )
        }
        said.command = options.command
        return said
    }

    private func text(of file: String) throws -> String {
        do {
            return try file == "-"
                ? String(decoding: Files.read(0, named: "standard input", limit: 1 << 20), as: UTF8.self)
                : Files.readText(file)
        } catch {
            throw CommandFailure(message: "reading the profile: \(error): check the path after -f", status: 125)
        }
    }
}
