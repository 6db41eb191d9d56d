import Foundation
import Storage
import Testing

/// Where the programs under test and the parts of this package are.
enum Place {
    /// The root of the package, found from this file.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// The directory that holds `bailey` and `bailey-init`: `BAILEY_BIN`, or the release build.
    static let programs =
        ProcessInfo.processInfo.environment["BAILEY_BIN"] ?? package.appendingPathComponent(".build/release").path
    static let bailey = programs + "/bailey"

    /// Whether there is what jails need: root, and the built programs.
    ///
    /// A test without them is skipped, and the run says so; but when `BAILEY_BIN` is set, `ProgramTests` fails rather
    /// than that everything is skipped in silence.
    static let canRunJails =
        geteuid() == 0 && [bailey, programs + "/bailey-init"].allSatisfy(FileManager.default.isExecutableFile(atPath:))
}

/// What a program left behind when it ended.
struct Finished: CustomStringConvertible {
    let status: Int32
    let output: String
    let complaints: String

    var description: String {
        "status \(status), output \(output.debugDescription), error \(complaints.debugDescription)"
    }
}

/// Runs a program to its end, or kills it after `timeout` seconds (status 124, or 137 if it would not go).
///
/// Output goes to files, so that a child that lives on cannot keep a reader waiting.
func run(
    _ command: [String],
    environment: [String: String] = [:],
    input: FileHandle = .nullDevice,
    timeout: Int = 60
) async throws -> Finished {
    let folder = try temporaryFolder("run")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let process = Process()
    // Foundation starts programs with the signals of its worker thread blocked; `env` gives them back.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
        ["--default-signal", "/usr/bin/timeout", "--foreground", "-k", "5", String(timeout)] + command
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = input
    process.standardOutput = try emptyFile(folder + "/output")
    process.standardError = try emptyFile(folder + "/error")
    try await withCheckedThrowingContinuation { (done: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in done.resume() }
        do { try process.run() } catch { done.resume(throwing: error) }
    }
    return Finished(
        status: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
        output: text(folder + "/output"),
        complaints: text(folder + "/error")
    )
}

func temporaryFolder(_ purpose: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.path + "/bailey-\(purpose)-" + UUID().uuidString.prefix(13)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}

private func emptyFile(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
}

/// The text of a file, also of one in /proc whose size is not known; empty when it cannot be read.
func text(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
}

/// One use of the command line, in a folder of its own: state root, root file system, and whatever a test puts there.
struct JailRun: Sendable {
    let folder: String
    /// The name given to the jail; nothing else on the machine carries it, so what is left behind can be told.
    let name: String

    var state: String { folder + "/state" }
    var rootfs: String { folder + "/rootfs" }

    init() throws {
        folder = try temporaryFolder("escape")
        name = "escape-" + UUID().uuidString.lowercased().prefix(13)
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    }

    /// Runs `bailey` with this run's state root.
    func bailey(_ arguments: [String], through wrapper: [String] = [], timeout: Int = 60) async throws -> Finished {
        try await run(wrapper + [Place.bailey] + arguments, environment: ["BAILEY_ROOT": state], timeout: timeout)
    }

    /// Runs one command in a jail of this run's root file system.
    func jail(
        _ flags: [String] = [],
        _ command: [String],
        through wrapper: [String] = [],
        timeout: Int = 60
    ) async throws -> Finished {
        let line = ["run", "--rm", "--name", name, "--rootfs", rootfs] + flags + ["--"] + command
        return try await bailey(line, through: wrapper, timeout: timeout)
    }

    /// Records an issue for everything the run left on the machine, and removes its folder.
    func end(_ location: SourceLocation = #_sourceLocation) async {
        // Removes the parents of cgroups, which starts leave for one another.
        _ = try? await bailey(["ls", "-q"])
        var left = leftovers()
        // The kernel ends namespaces after the last process: give it a moment before calling it a leak.
        for _ in 0..<40 where !left.isEmpty {
            try? await Task.sleep(for: .milliseconds(50))
            left = leftovers()
        }
        #expect(left.isEmpty, "left behind", sourceLocation: location)
        guard !text("/proc/self/mounts").contains(folder) else { return }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func leftovers() -> [String] { mounts() + cgroups() + processes() }

    private func mounts() -> [String] {
        text("/proc/self/mounts").split(separator: "\n").filter { $0.contains(folder) || $0.contains(name) }
            .map { "mount \($0)" }
    }

    /// The topmost group of this run's state root, and whatever carries the jail's name in groups of others.
    private func cgroups() -> [String] {
        let group = StateLayout(root: state).cgroupRoot
        let trees = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup")) ?? []
        return trees.flatMap { [$0] + ["\($0)/bailey/default"] }.flatMap { place -> [String] in
            let inside = (try? FileManager.default.contentsOfDirectory(atPath: "/sys/fs/cgroup/\(place)")) ?? []
            return inside.filter { $0 == group || $0 == name }.map { "cgroup \(place)/\($0)" }
        }
    }

    private func processes() -> [String] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return pids.filter { Int($0) != nil && belongs($0) }.map { "process \($0): \(text("/proc/\($0)/cmdline"))" }
    }

    private func belongs(_ pid: String) -> Bool {
        if text("/proc/\(pid)/cgroup").contains(name) { return true }
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/exe")) ?? ""
        guard program.contains("/bailey") else { return false }
        return text("/proc/\(pid)/environ").contains(folder) || text("/proc/\(pid)/cmdline").contains(folder)
    }
}
