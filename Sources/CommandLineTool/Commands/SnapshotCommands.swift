import ArgumentParser
import Engine
import Glibc
import LinuxKernel
import StartCommands
import Storage
import Templates

/// `bailey snapshot`.
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Keeps the files of a jail as they are now, to come back to.",
        discussion: """
            Of a stopped jail that takes one rename, whatever its size. A running one stands still while its own files are \
            copied; where the file system shares blocks (btrfs, XFS), that is quick too.
            """,
        subcommands: [Take.self, List.self, Remove.self],
        defaultSubcommand: Take.self
    )

    /// `bailey snapshot JAIL`.
    struct Take: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "take", abstract: "Takes a snapshot.")

        @Argument(help: "The jail.")
        var name: String

        @Argument(help: "What the snapshot is called; the time when left out.")
        var label: String?

        func run() throws {
            Output.print(try Installation.engine().snapshot(name, as: label))
        }
    }

    /// `bailey snapshot ls`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "Lists the snapshots of a jail.")

        @Flag(help: "Print JSON.")
        var json = false

        @Argument(help: "The jail.")
        var name: String

        func run() throws {
            let engine = try Installation.engine()
            _ = try JailListing(engine).requireKnown(name)
            let all = try engine.snapshots(of: name)
            if json {
                let rows = all.map { label, root in
                    JSON.object([
                        ("name", .text(label)), ("created", .number(root.created ?? 0)),
                        ("template", .text(root.template)), ("layers", .list(root.layers.map { .text($0) })),
                        ("image", root.image.map { .text($0) } ?? .null),
                    ])
                }
                return Output.print(JSON.list(rows).text)
            }
            var table = Table(["NAME", "AGE", "TEMPLATE", "LAYERS"])
            for (label, root) in all {
                let age = Amount.age(Events.now(CLOCK_REALTIME) - (root.created ?? 0))
                table.add([label, age, root.template, root.image == nil ? "\(root.layers.count)" : "image"])
            }
            Output.print(table.text)
        }
    }

    /// `bailey snapshot rm`.
    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Removes snapshots of a jail.")

        @Argument(help: "The jail.")
        var name: String

        @Argument(help: "Snapshots.")
        var labels: [String]

        func run() throws {
            let engine = try Installation.engine()
            for label in labels {
                try engine.removeSnapshot(label, of: name)
                Output.print(label)
            }
        }
    }
}

/// `bailey restore`.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Takes a stopped jail back to a snapshot; what it wrote since is gone."
    )

    @Argument(help: "The jail.")
    var name: String

    @Argument(help: "The snapshot.")
    var label: String

    func run() throws {
        try Installation.engine().restore(name, to: label)
        Output.print(name)
    }
}

/// `bailey clone`.
struct CloneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone",
        abstract: "Makes a jail with the files another has now; the two share them until one changes them.",
        discussion: "machine-id, ssh host keys and random seeds are made anew. The clone does not run yet."
    )

    @Argument(help: "The jail.")
    var name: String

    @Argument(help: "What the clone is called.")
    var new: String

    func run() throws {
        for note in try Installation.engine().clone(name, to: new) { Output.error("\(new): \(note)") }
        Output.print(new)
    }
}

/// `bailey commit`.
struct CommitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "commit",
        abstract: "Makes a template of what a stopped jail has become."
    )

    @Flag(help: "Take the name from the template that has it.")
    var replace = false

    @Argument(help: "The jail.")
    var name: String

    @Argument(help: "What the template is called.")
    var template: String

    func run() throws {
        let manifest = try Installation.engine().commit(name, as: template, replacing: replace)
        Output.print("\(manifest.name) \(manifest.digest)")
    }
}

/// `bailey diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Lists what a jail has added (A), changed (C) and deleted (D) against its template."
    )

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        let all = try Installation.engine().differences(of: name)
        if json {
            let rows = all.map { JSON.object([("kind", .text($0.kind.rawValue)), ("path", .text($0.path))]) }
            return Output.print(JSON.list(rows).text)
        }
        for one in all { Output.print("\(one.kind.rawValue) \(Table.printable(one.path))") }
    }
}

/// `bailey cp`.
struct CopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cp",
        abstract: "Copies files between the host and a jail, running or not.",
        discussion: """
            One side is JAIL:PATH. A directory that exists takes the copy under its own name. Links are copied as links \
            and never followed out of the jail; devices, FIFOs and sockets are left out.
            """
    )

    @Flag(name: .shortAndLong, help: "Keep owners and extended attributes.")
    var archive = false

    @Argument(help: "What to copy: PATH or JAIL:PATH.")
    var source: String

    @Argument(help: "Where to: JAIL:PATH or PATH.")
    var destination: String

    func run() throws {
        let engine = try Installation.engine()
        let skipped: [String]
        switch (Self.place(source), Self.place(destination)) {
        case (let from?, nil):
            skipped = try engine.copyOut(from.name, from.path, to: destination, keepingOwners: archive)
        case (nil, let to?): skipped = try engine.copyIn(to.name, source, to: to.path, keepingOwners: archive)
        default:
            throw CommandFailure(
                message:
                    "cp: exactly one side must be in a jail, as JAIL:PATH: write a host path with a slash in front",
                status: 1
            )
        }
        for path in skipped { Output.error("left out: \(path): not a file, directory or link") }
    }

    /// As docker reads it: a path with a slash before the first colon is the host's.
    private static func place(_ text: String) -> (name: String, path: String)? {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, !text[..<colon].contains("/"),
            !text.hasPrefix(".")
        else { return nil }
        let path = String(text[text.index(after: colon)...])
        return (String(text[..<colon]), path.hasPrefix("/") ? path : "/" + path)
    }
}

/// `bailey prune`.
struct PruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract:
            "Removes layers that nothing stands on, what killed commands left, and with --templates unused templates."
    )

    @Flag(help: "Remove templates that no jail and no snapshot stands on, too.")
    var templates = false

    func run() throws {
        let engine = try Installation.engine()
        Sweep(engine).cleanAll()
        if templates {
            for manifest in try engine.store.list() where try engine.user(of: manifest) == nil {
                try engine.store.remove(manifest.name) { _ in nil }
                Output.print("template \(manifest.name)")
            }
        }
        for layer in try engine.collectLayers() { Output.print("layer \(layer)") }
    }
}

/// `bailey unify`.
struct UnifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unify",
        abstract: "Makes equal files of templates and jails share their blocks on disk (btrfs, XFS).",
        discussion: """
            The kernel compares the bytes before it shares them; names, owners, modes and times stay. A file that is \
            written afterwards parts from the others. Jails may run.
            """
    )

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let report = try Installation.engine().unify()
        if json {
            return Output.print(
                JSON.object([
                    ("files", .number(Int64(report.files))), ("shared", .number(Int64(report.shared))),
                    ("bytes", .number(Int64(clamping: report.bytes))),
                    ("passedOver", .number(Int64(report.passedOver))),
                ]).text
            )
        }
        Output.print(
            "\(report.files) files, \(report.shared) share \(Amount.bytes(report.bytes)) with others, \(report.passedOver) passed over"
        )
    }
}
