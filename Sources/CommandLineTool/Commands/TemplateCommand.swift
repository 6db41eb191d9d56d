import ArgumentParser
import Engine
import LinuxKernel
import StartCommands
import Templates

/// `bailey template`.
struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template",
        abstract: "Builds and keeps the root file systems that jails start from.",
        subcommands: [Build.self, List.self, Remove.self, Export.self, Import.self, Inspect.self, Verify.self]
    )

    /// `bailey template build`.
    struct Build: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Builds templates, unless nothing has changed.")

        @Option(name: .customLong("arg"), help: ArgumentHelp("An argument of the template.", valueName: "NAME=VALUE"))
        var arguments: [String] = []

        @Flag(help: "Build even if nothing has changed.")
        var rebuild = false

        @Flag(name: .shortAndLong, help: "Do not show what the steps write.")
        var quiet = false

        @Flag(help: "Print JSON when done.")
        var json = false

        @Argument(help: "Templates; bailey template ls lists them.")
        var names: [String]

        func run() throws {
            let engine = try Installation.engine()
            var options = BuildOptions()
            options.rebuild = rebuild
            for entry in arguments {
                guard let equals = entry.firstIndex(of: "=") else {
                    throw CommandFailure(message: "--arg: \(entry): NAME=VALUE is expected", status: 1)
                }
                options.arguments[String(entry[..<equals])] = String(entry[entry.index(after: equals)...])
            }
            let builder = TemplateBuilder(catalog: engine.catalog, store: engine.store, runner: JailStepRunner(engine))
            for name in names {
                let manifest = try builder.build(name, options: options) { event in
                    Self.show(event, quiet: quiet)
                }
                Output.print(json ? TemplateCommand.fields(manifest).text : "\(manifest.name) \(manifest.digest)")
            }
        }

        private static func show(_ event: BuildEvent, quiet: Bool) {
            switch event {
            case .unchanged(let name): note("\(name): nothing has changed")
            case .started(let name, let steps): note("\(name): \(steps) steps")
            case .step(let index, let description): note("  [\(index)] \(description)")
            case .output(let line): if !quiet { note("      \(Table.printable(line))") }
            case .stepFinished(let index, let seconds): note("  [\(index)] done in \(tenths(seconds)) s")
            case .finished(let name, let seconds): note("\(name): built in \(tenths(seconds)) s")
            }
        }

        private static func note(_ text: String) { Output.write(text + "\n", to: 2) }

        private static func tenths(_ seconds: Double) -> String {
            let value = Int((seconds * 10).rounded())
            return "\(value / 10).\(value % 10)"
        }
    }

    /// `bailey template ls`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists templates.")

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let engine = try Installation.engine()
            let built = try engine.store.list()
            if json { return Output.print(JSON.list(built.map(TemplateCommand.fields)).text) }
            var table = Table(["NAME", "STATE", "SIZE", "LAYERS", "DIGEST"])
            for one in built {
                let digest = String("\(one.digest)".prefix(19))
                table.add([one.name, "built", Amount.bytes(UInt64(max(0, one.size))), "\(one.layers.count)", digest])
            }
            for name in engine.catalog.names() where !built.contains(where: { $0.name == name }) {
                table.add([name, "not built", "-", "-", "-"])
            }
            Output.print(table.text)
        }
    }

    /// `bailey template rm`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Removes built templates.")

        @Argument(help: "Templates.")
        var names: [String]

        func run() throws {
            let engine = try Installation.engine()
            for name in names {
                let user = try engine.user(of: try engine.store.find(name))
                try engine.store.remove(name) { _ in user }
                Output.print(name)
            }
            try engine.collectLayers()
        }
    }

    /// `bailey template export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Writes a template as an archive.")

        @Option(name: .shortAndLong, help: "The file; its ending (.tar, .tar.zst, .tar.gz) says how it is compressed.")
        var output: String

        @Argument(help: "The template.")
        var name: String

        func run() throws {
            try Installation.engine().store.export(name, to: output)
            Output.print(output)
        }
    }

    /// `bailey template import`.
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Makes a template from an archive.")

        @Argument(help: "The archive.")
        var archive: String

        @Argument(help: "What the template is called.")
        var name: String

        func run() throws {
            let manifest = try Installation.engine().store.`import`(archive, as: name)
            Output.print("\(manifest.name) \(manifest.digest)")
        }
    }

    /// `bailey template inspect`.
    struct Inspect: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints everything that is known of templates, as JSON."
        )

        @Argument(help: "Templates.")
        var names: [String]

        func run() throws {
            let engine = try Installation.engine()
            Output.print(JSON.list(try names.map { Self.fields(try engine.store.find($0), engine) }).text)
        }

        private static func fields(_ manifest: TemplateManifest, _ engine: Engine) -> JSON {
            func list(_ texts: [String]?) -> JSON { texts.map { .list($0.map { .text($0) }) } ?? .null }
            func text(_ value: String?) -> JSON { value.map { .text($0) } ?? .null }
            let defaults = manifest.defaults
            return .object([
                ("template", TemplateCommand.fields(manifest)), ("input", .text("\(manifest.input)")),
                ("directories", list(engine.store.lowerDirectories(of: manifest))),
                ("release", text(manifest.archive?.release)), ("command", list(defaults.command)),
                ("environment", list(defaults.environment)), ("workingDirectory", text(defaults.workingDirectory)),
                ("user", text(defaults.user)), ("init", text(defaults.initKind?.rawValue)),
                ("stopSignal", text(defaults.stopSignal)), ("usedBy", text((try? engine.user(of: manifest)) ?? nil)),
            ])
        }
    }

    /// `bailey template verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares every file of templates with the digests they were stored under."
        )

        @Argument(help: "Templates; all of them when left out.")
        var names: [String] = []

        func run() throws {
            let store = try Installation.engine().store
            let all = names.isEmpty ? try store.list() : try names.map { try store.find($0) }
            for manifest in all {
                try store.verify(manifest)
                Output.print("\(manifest.name) \(manifest.digest)")
            }
        }
    }

    /// A template as JSON.
    static func fields(_ manifest: TemplateManifest) -> JSON {
        .object([
            ("name", .text(manifest.name)), ("digest", .text("\(manifest.digest)")),
            ("layers", .list(manifest.layers.map { .text("\($0)") })), ("sizeBytes", .number(manifest.size)),
            ("builtAt", .number(manifest.builtAt)),
        ])
    }
}
