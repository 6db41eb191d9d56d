import ArgumentParser
import Engine
import Glibc
import LinuxKernel
import StartCommands
import Storage

/// `bailey export`.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes a jail as one stream, with its layers, snapshots and digests.",
        discussion: """
            To move a jail: bailey export web1 | ssh host bailey import. What the other side has is left out with \
            --have "$(ssh host bailey import --have)"; after a broken transfer too, since layers that arrived whole stay. \
            To back up, encrypted and incremental: bailey export --compression none web1 | restic backup --stdin. \
            The jail may run.
            """
    )

    @Option(name: .shortAndLong, help: "A file in place of standard output.")
    var output: String?

    @Option(help: ArgumentHelp("How it is compressed: zstd or none.", valueName: "zstd|none"))
    var compression = "zstd"

    @Option(help: ArgumentHelp("Layers to leave out, as bailey import --have prints them.", valueName: "LAYERS"))
    var have = ""

    @Flag(help: "Leave snapshots out.")
    var noSnapshots = false

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        guard ["zstd", "none"].contains(compression) else {
            throw CommandFailure(message: "--compression: \(compression): zstd or none is expected", status: 1)
        }
        if output == nil, Terminals.isTerminal(1) {
            throw CommandFailure(
                message: "export: standard output is a terminal: name a file with -o, or use a pipe",
                status: 1
            )
        }
        var options = ExportOptions()
        options.have = Set(have.split(whereSeparator: \.isWhitespace).map(String.init))
        options.withoutSnapshots = noSnapshots
        let engine = try Installation.engine()
        guard let output else { return try write(to: 1, options, engine) }
        let partial = output + ".partial"
        do {
            let file = try Files.open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            try write(to: file.number, options, engine)
            try Files.sync(file.number, named: partial)
            try Files.rename(partial, to: output)
        } catch {
            try? Files.remove(partial)
            throw error
        }
        Output.print(output)
    }

    private func write(to descriptor: Int32, _ options: ExportOptions, _ engine: Engine) throws {
        guard compression == "zstd" else { return try engine.export(name, to: descriptor, options) }
        let filter = try Filter.into(descriptor, ["zstd", "-q", "-c", "-T0"])
        try engine.export(name, to: filter.writing, options)
        try filter.finish()
    }
}

/// `bailey import`.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Makes a jail of what bailey export wrote, here or on another host.",
        discussion: "Reads standard input unless a file is named. Every part's digest is compared before it counts."
    )

    @Option(name: .customLong("name"), help: "What the jail is called here; the name it had when left out.")
    var newName: String?

    @Flag(help: "Print the layers that are here, for bailey export --have, and import nothing.")
    var have = false

    @Flag(name: .shortAndLong, help: "Do not say which layer comes.")
    var quiet = false

    @Argument(help: "A file in place of standard input.")
    var file: String?

    func run() throws {
        let engine = try Installation.engine()
        if have { return Output.print(try engine.layersHere().joined(separator: "\n")) }
        let source = try Files.open(file.flatMap { $0 == "-" ? nil : $0 } ?? "/dev/stdin", O_RDONLY)
        // A stranger's bytes are uncompressed by nobody, with nothing but two descriptors; what is no zstd passes through.
        let confined = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--"]
        let filter = try Filter.of(source.number, confined + ["zstd", "-q", "-dcf", "--pass-through"])
        let name = try engine.importJail(from: filter.reading, as: newName) { layer in
            if !quiet { Output.write("\(layer)\n", to: 2) }
        }
        Output.print(name)
    }
}

/// A program between this one and a file: bytes written to it come out changed, or bytes read from it.
private struct Filter: ~Copyable {
    private let ours: OwnedDescriptor
    private let child: ProcessID
    private let name: String

    var writing: Int32 { ours.number }
    var reading: Int32 { ours.number }

    private init(ours: consuming OwnedDescriptor, child: ProcessID, name: String) {
        self.ours = ours
        self.child = child
        self.name = name
    }

    /// One whose output goes to an open descriptor.
    static func into(_ output: Int32, _ arguments: [String]) throws(SyscallError) -> Filter {
        let pipe = try Events.pipe().release()
        let theirs = OwnedDescriptor(owning: pipe.reading)
        let ours = OwnedDescriptor(owning: pipe.writing)
        let child = try spawn(arguments, theirs.number, output)
        return Filter(ours: ours, child: child, name: arguments[0])
    }

    /// One whose input comes from an open descriptor.
    static func of(_ input: Int32, _ arguments: [String]) throws(SyscallError) -> Filter {
        let pipe = try Events.pipe().release()
        let theirs = OwnedDescriptor(owning: pipe.writing)
        let ours = OwnedDescriptor(owning: pipe.reading)
        let child = try spawn(arguments, input, theirs.number)
        return Filter(ours: ours, child: child, name: arguments[0])
    }

    private static func spawn(_ arguments: [String], _ input: Int32, _ output: Int32) throws(SyscallError) -> ProcessID
    {
        guard let path = HostProgram.find(arguments[0]) else {
            throw SyscallError(call: "execve", subject: "\(arguments[0]), which is not installed", errno: ENOENT)
        }
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        return try Processes.spawn(path, arguments, environment, descriptors: [(input, 0), (output, 1), (2, 2)]).pid
    }

    /// Says that no more comes, and waits until all is out.
    consuming func finish() throws {
        let (name, child) = (name, child)
        try ours.close()
        let status = try Processes.reap(child).shellCode
        if status != 0 { throw CommandFailure(message: "\(name) ended with status \(status)", status: 1) }
    }
}
