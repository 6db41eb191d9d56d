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
    func perform() throws {
        let engine = try Installation.engine()
        let resolution = try RunSpec(self, engine).resolve()
        var request = JailRequest(spec: resolution)
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

    func resolve() throws -> JailSpec {
        var resolution = try base()
        for setting in options.settings {
            let flag = setting.flag
            resolution.findings += resolution.spec.override(setting.keyPath, with: setting.value, flag: flag.long)
        }
        if options.readOnly {
            resolution.findings += resolution.spec.override("security.readOnlyRoot", with: "true", flag: "--read-only")
        }
        if !options.command.isEmpty { resolution.findings += resolution.spec.setCommand(options.command) }
        if resolution.findings.hasErrors {
            throw CommandFailure(message: resolution.findings.map(\.description).joined(separator: "\n"), status: 125)
        }
        for finding in resolution.findings { Output.error(finding.description) }
        return resolution.spec
    }

    /// No file and no profile: the built-in defaults, and not a byte of YAML is read.
    private func base() throws -> ProfileLoader.Resolution {
        if let file = options.file {
            let text: String
            do {
                text =
                    try file == "-"
                    ? String(decoding: Files.read(0, named: "standard input", limit: 1 << 20), as: UTF8.self)
                    : Files.readText(file)
            } catch {
                throw CommandFailure(message: "reading the profile: \(error): check the path after -f", status: 125)
            }
            return engine.profiles.load(file: file, text: text, profiles: options.profiles)
        }
        if options.profiles.isEmpty { return ProfileLoader.Resolution(spec: JailSpec(), findings: []) }
        return engine.profiles.load(profiles: options.profiles)
    }
}
