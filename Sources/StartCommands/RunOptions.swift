import Declarations
import Engine
import LinuxKernel
import Profiles

/// `bailey run`, as values: what both the quick reader and the argument parser fill in.
package struct RunOptions: Equatable, Sendable {
    package var file: String?
    package var profiles: [String] = []
    package var detach = false
    package var interactive = false
    package var terminal = false
    package var remove = false
    package var readOnly = false
    package var initSystem = false
    package var json = false
    /// Flags whose text goes into the spec, in the order given.
    package var settings: [Setting] = []
    package var command: [String] = []

    package init() {}

    /// One flag with its text.
    package struct Setting: Equatable, Sendable {
        package let flag: SpecFlag
        package let text: String

        package init(flag: SpecFlag, text: String) { (self.flag, self.text) = (flag, text) }

        /// The key: `--network` takes a mode or the name of a network.
        var keyPath: String {
            guard flag.long == "--network" else { return flag.keyPath }
            return NetworkMode(rawValue: text) == nil ? "network.name" : "network.mode"
        }

        /// The text in the form that the key reads: `--tmpfs /run:size=1MiB` is a mount of that type.
        var value: String {
            guard flag.long == "--tmpfs" else { return text }
            return "type=tmpfs,target=" + text.split(separator: ":", maxSplits: 1).joined(separator: ",")
        }
    }

    /// Starts the jail; returns only for a detached one.
    package func perform() throws {
        let engine = try Installation.engine()
        let declared = try RunSpec(self, engine).declare()
        var request = JailRequest(spec: declared.resolution.spec)
        if !remove { request.declaration = declared.declaration.bytes }
        request.tenants = try TenantStore(engine).chain(of: request.spec)
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
package struct RunSpec {
    private let options: RunOptions
    private let engine: Engine

    package init(_ options: RunOptions, _ engine: Engine) {
        self.options = options
        self.engine = engine
    }

    /// What was said and what it comes to; warnings are printed.
    package func declare() throws -> DeclarationReader.Declared {
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
            Declaration.Flag(flag: $0.flag.long, keyPath: $0.keyPath, text: $0.value)
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
