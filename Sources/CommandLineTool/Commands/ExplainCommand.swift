import ArgumentParser
import Cgroups
import Engine
import LinuxKernel
import Profiles
import StartCommands
import Storage

/// `bailey explain`.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Prints every effective value: who set it, what it becomes in the kernel, what the kernel says now.",
        discussion: "SUBJECT is a file (it has a slash or ends with .yaml) or the name of a jail."
    )

    @Flag(help: "Print JSON.")
    var json = false

    @Argument(help: "A profile file, or a jail.")
    var subject: String

    func run() throws {
        let engine = try Installation.engine()
        let isFile = subject.contains("/") || subject.hasSuffix(".yaml") || subject.hasSuffix(".yml")
        let (explanation, running) =
            isFile ? (try explain(file: subject, engine), false) : try explain(jail: subject, engine)
        let disk = isFile ? nil : try engine.diskAccount(of: subject)
        let rows = explanation.values.map { ExplainRow($0, explanation, disk, readsBack: running) }
        if json {
            let warnings = JSON.list(explanation.warnings.map { .text($0) })
            return Output.print(JSON.object([("values", .list(rows.map(\.json))), ("warnings", warnings)]).text)
        }
        var table = Table(
            running ? ["KEY", "VALUE", "SET BY", "BECOMES", "KERNEL SAYS NOW"] : ["KEY", "VALUE", "SET BY", "BECOMES"]
        )
        for row in rows { table.add(row.cells(readsBack: running)) }
        Output.print(table.text)
        for warning in explanation.warnings { Output.print("not enforced: \(warning)") }
    }

    private func explain(jail name: String, _ engine: Engine) throws -> (Explanation, Bool) {
        let record = try JailListing(engine).record(name)
        return (record.explanation, record.state == .running || record.state == .paused)
    }

    private func explain(file: String, _ engine: Engine) throws -> Explanation {
        let text: String
        do {
            text = try Files.readText(file)
        } catch {
            throw CommandFailure(message: "reading the profile: \(error): check the path", status: 1)
        }
        let resolution = engine.profiles.load(file: file, text: text)
        if resolution.findings.hasErrors {
            throw CommandFailure(message: resolution.findings.map(\.description).joined(separator: "\n"), status: 1)
        }
        return try engine.explain(resolution.spec, findings: resolution.findings)
    }
}

/// One line of an explanation.
private struct ExplainRow {
    private let value: Explanation.Value
    private let becomes: String
    private let now: String

    init(_ value: Explanation.Value, _ explanation: Explanation, _ disk: DiskAccount?, readsBack: Bool) {
        self.value = value
        let writes = explanation.writes.filter { $0.keyPath == value.keyPath }
        let files = writes.map { "\($0.directory)/\($0.file) = \($0.value)" }
        let other = explanation.knobs[value.keyPath] ?? Self.knob(value.keyPath)
        becomes = files.isEmpty ? other : files.joined(separator: ", ")
        now = readsBack ? Self.readBack(value.keyPath, disk) ?? Self.readBack(writes) : ""
    }

    private static func readBack(_ keyPath: String, _ disk: DiskAccount?) -> String? {
        guard let disk, disk.binding != nil else { return nil }
        switch keyPath {
        case "resources.disk.space": return "\(disk.use.space) of \(disk.use.spaceLimit) bytes (\(disk.kernelName))"
        case "resources.disk.inodes": return "\(disk.use.inodes) of \(disk.use.inodeLimit) (\(disk.kernelName))"
        default: return nil
        }
    }

    /// What the launcher makes of a key; a key that a later part acts on says that nothing does yet.
    private static func knob(_ keyPath: String) -> String {
        let part = ProfileReference.part(for: keyPath) ?? .launcher
        // Modes without a network module, and the one backend there is, are the launcher's own.
        let isActedOn = [.launcher, .storage, .network].contains(part) || keyPath == "backend"
        if part == .supervisor { return "the supervisor, while it runs" }
        return isActedOn ? ProfileReference.knob(for: keyPath) ?? "" : "nothing yet: needs the \(part.rawValue) module"
    }

    private static func readBack(_ writes: [Explanation.Write]) -> String {
        var seen: [String] = []
        for write in writes where !seen.contains("\(write.directory)/\(write.file)") {
            seen.append("\(write.directory)/\(write.file)")
        }
        return seen.map { path in
            ((try? Files.readText(path)) ?? "unreadable").split(separator: "\n").joined(separator: " | ")
        }.joined(separator: ", ")
    }

    func cells(readsBack: Bool) -> [String] {
        let cells = [value.keyPath, value.text, value.origin, becomes]
        return readsBack ? cells + [now] : cells
    }

    var json: JSON {
        .object([
            ("key", .text(value.keyPath)), ("value", .text(value.text)), ("origin", .text(value.origin)),
            ("becomes", .text(becomes)), ("now", .text(now)),
        ])
    }
}
