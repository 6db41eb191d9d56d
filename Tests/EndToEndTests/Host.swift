import Foundation
import Testing

/// A use of Bailey in a folder of its own, driven as an operator drives it: by lines of shell.
///
/// Scripts see `B` (the program), `R` (a busybox root file system), `N` (a name for a jail), `F` (the folder), and `J`,
/// which runs a command in a jail: `$J FLAGS -- COMMAND`.
struct Host: Sendable {
    let folder: String
    let name = "e2e-" + UUID().uuidString.lowercased().prefix(13)
    let state: String
    var rootfs: String { folder + "/rootfs" }

    // A state root of its own, below the folder, unless the test shares one.
    init(state: String? = nil) throws {
        folder = "/tmp/bailey-e2e-" + UUID().uuidString.prefix(13)
        self.state = state ?? folder + "/state"
        let files = FileManager.default
        for place in ["state"] + Self.folders.map({ "rootfs/" + $0 }) {
            try files.createDirectory(atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/bin/busybox", toPath: rootfs + "/bin/busybox")
        for applet in Self.applets {
            try files.createSymbolicLink(atPath: "\(rootfs)/bin/\(applet)", withDestinationPath: "busybox")
        }
        try "root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/tmp:/bin/sh\n"
            .write(toFile: rootfs + "/etc/passwd", atomically: true, encoding: .utf8)
        try "root:x:0:\nweb:x:33:\n".write(toFile: rootfs + "/etc/group", atomically: true, encoding: .utf8)
    }

    private static let folders = ["bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "usr", "var", "volume"]
    private static let applets = [
        "sh", "ls", "cat", "sleep", "id", "true", "false", "mkdir", "mount", "stat", "head", "tail", "wc", "echo",
        "touch", "env", "pwd", "hostname", "tty", "stty", "dd", "seq", "yes", "grep", "chown", "kill", "ps", "sysctl",
        "tr", "cut", "df", "ping", "md5sum", "date", "timeout",
    ]

    /// Runs lines of shell to their end, or kills them after `timeout` seconds (status 124).
    ///
    /// Output goes to files, so that a child that lives on cannot keep a reader waiting.
    func sh(_ script: String, timeout: Int = 60) async throws -> Finished {
        let output = "\(folder)/\(UUID().uuidString)"
        defer { for end in ["", ".error"] { try? FileManager.default.removeItem(atPath: output + end) } }
        for end in ["", ".error"] { try Data().write(to: URL(fileURLWithPath: output + end)) }
        let process = Process()
        // Foundation starts programs with the signals of its worker thread blocked; `env` gives them back.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "--default-signal", "/usr/bin/timeout", "-k", "5", "\(timeout)", "/bin/bash", "-c", Self.closing + script,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(variables) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: output + ".error"))
        try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in done.resume() }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        let code = process.terminationStatus
        return Finished(
            status: process.terminationReason == .exit ? code : 128 + code,
            output: text(output),
            complaints: text(output + ".error")
        )
    }

    /// Foundation takes a process for ended when its last copy of a descriptor is closed: what a script leaves in the
    /// background must not keep one.
    private static let closing =
        "for d in /proc/$$/fd/*; do d=${d##*/}; [ $d -le 2 ] || eval \"exec $d>&-\"; done\n"

    private var variables: [String: String] {
        [
            "BAILEY_ROOT": state, "B": Place.bailey, "R": rootfs, "N": String(name), "F": folder,
            // For guests that say `up`: a slow machine needs more than a moment to come that far.
            "UP": "eval until $B logs $N 2>/dev/null | grep -q up; do sleep 0.05; done",
            "J": "\(Place.bailey) run --rm --rootfs \(rootfs)",
            "D": "\(Place.bailey) run -d --name \(name) --rootfs \(rootfs)",
        ]
    }

    /// Runs a script and returns what it printed; a non-zero status is recorded as an issue.
    func output(
        _ script: String,
        timeout: Int = 60,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await sh(script, timeout: timeout)
        #expect(result.status == 0, "\(script): \(result)", sourceLocation: location)
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Expects a script to succeed and to print this among other things.
    func expect(
        _ script: String,
        timeout: Int = 60,
        toPrint part: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let printed = try await output(script, timeout: timeout, location)
        #expect(printed.contains(part), sourceLocation: location)
    }

    /// Expects a script to succeed and to print just this.
    func expect(
        _ script: String,
        timeout: Int = 60,
        prints expected: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let printed = try await output(script, timeout: timeout, location)
        #expect(printed == expected, sourceLocation: location)
    }
}

/// Gives `body` a host of its own; afterwards nothing of it may be left on the machine.
func withHost(
    state: String? = nil,
    _ location: SourceLocation = #_sourceLocation,
    _ body: (Host) async throws -> Void
) async throws {
    let host = try Host(state: state)
    do {
        try await body(host)
    } catch {
        await Leftovers(host).expectNone(location)
        throw error
    }
    await Leftovers(host).expectNone(location)
}
