import ArgumentParser
import ControlAPI
import Engine
import LinuxKernel
import StartCommands

/// `bailey logs`.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Prints what a detached jail has written."
    )

    @Flag(name: .shortAndLong, help: "Go on until the jail ends.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "Only the last lines.")
    var tail: Int?

    @Option(help: "Only what came at or after this time, RFC 3339 in UTC, such as 2026-01-31T12:00:00Z.")
    var since: String?

    @Flag(name: .shortAndLong, help: "Put the time in front of each line.")
    var timestamps = false

    @Flag(help: "Print each line as JSON.")
    var json = false

    @Argument(help: "The jail.")
    var name: String

    func run() throws {
        let engine = try Installation.engine()
        if Processes.effectiveUser != 0, let control = Control(engine) { return try showKept(by: control) }
        let listing = JailListing(engine)
        _ = try listing.record(name)
        let path = engine.layout.stateDirectory(name) + "/log"
        var lines = Self.olderFiles(path).flatMap { Self.lines(of: $0) }
        guard Files.exists(path) || !lines.isEmpty else {
            throw CommandFailure(message: "\(name) keeps no log: only detached jails do (bailey run -d)", status: 1)
        }
        let reader = LogTail(path)
        lines += reader.next()
        if let since { lines.removeAll { $0.prefix { $0 != " " } < since[...] } }
        if let tail { lines = Array(lines.suffix(max(0, tail))) }
        lines.forEach(show)
        while follow {
            let ended = listing.state(of: name) == .stopped || listing.state(of: name) == .failed
            reader.next().forEach(show)
            if ended { return }
            Events.sleep(milliseconds: 200)
        }
    }

    /// For a tenant's users, who cannot read the file: the supervisor hands out its last part.
    private func showKept(by control: Control) throws {
        var seen: String?
        while true {
            let target = "/v1/jails/\(ControlClient.word(name))/logs?tail=\(tail ?? 10_000)"
            let text = String(decoding: try control.client.send("GET", target).body, as: UTF8.self)
            var lines = text.split(separator: "\n").map(String.init)
            // What was shown before ends with the last line that was seen, unless it is gone meanwhile.
            if let seen, let place = lines.lastIndex(of: seen) { lines.removeSubrange(...place) }
            if let since { lines.removeAll { $0.prefix { $0 != " " } < since[...] } }
            lines.forEach(show)
            seen = lines.last ?? seen
            guard follow else { return }
            let state = try control.client.call("GET", "/v1/jails/\(ControlClient.word(name))", as: JailSummary.self)
                .state
            if state == "stopped" || state == "failed" { return }
            Events.sleep(milliseconds: 500)
        }
    }

    private static func olderFiles(_ path: String) -> [String] {
        (1...99).map { "\(path).\($0)" }.prefix { Files.exists($0) }.reversed()
    }

    private static func lines(of path: String) -> [String] {
        ((try? Files.readText(path)) ?? "").split(separator: "\n").map(String.init)
    }

    /// A line is `TIME STREAM TAG TEXT`; a part of a line is shown without a line end.
    private func show(_ line: String) {
        let fields = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4 else { return }
        if json {
            let entry = [("time", fields[0]), ("stream", fields[1]), ("text", fields[3])]
            return Output.print(JSON.object(entry.map { ($0.0, .text(String($0.1))) }).text)
        }
        let end = fields[2] == "F" ? "\n" : ""
        let descriptor: Int32 = fields[1] == "stderr" ? 2 : 1
        // An operator who looks at a log has not handed the terminal to the guest: its bytes must not steer it.
        let text =
            Terminals.isTerminal(descriptor) ? Table.printable(String(fields[3]), keepingTabs: true) : String(fields[3])
        Output.write((timestamps ? "\(fields[0]) " : "") + text + end, to: descriptor)
    }
}

/// Reads what was added to a log, also across a rotation.
///
/// The file is held open: its inode then cannot be given to the file that follows it, so a change of inode at the path
/// is a rotation and nothing else, and what was added before it can still be read.
private final class LogTail {
    private let path: String
    private var file: OwnedDescriptor?
    private var pending: [UInt8] = []

    init(_ path: String) { self.path = path }

    func next() -> [String] {
        if file == nil { file = try? Files.open(path, 0) }
        var lines = readOn()
        while hasRotated {
            lines += readOn()
            file = try? Files.open(path, 0)
            lines += readOn()
        }
        return lines
    }

    private var hasRotated: Bool {
        guard let held = file?.status, let there = try? Files.status(path) else { return false }
        return held.inode != there.inode
    }

    private func readOn() -> [String] {
        pending += file?.rest ?? []
        guard let end = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let complete = pending[...end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        pending.removeSubrange(...end)
        return complete
    }
}

extension OwnedDescriptor {
    fileprivate var status: FileStatus? { try? Files.status("", at: number) }

    /// What follows the position in the file.
    fileprivate var rest: [UInt8] { (try? Files.read(number, named: "log", limit: 1 << 31)) ?? [] }
}
