import Foundation

/// Where the programs under test are, and what this machine has for them.
enum Place {
    /// The directory that holds `bailey` and `bailey-init`: `BAILEY_BIN`, or the release build.
    static let programs =
        ProcessInfo.processInfo.environment["BAILEY_BIN"]
        ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent(".build/release").path
    static let bailey = programs + "/bailey"

    /// Whether there is what jails need: root, and the built programs.
    static let canRunJails =
        geteuid() == 0
        && [bailey, programs + "/bailey-init", programs + "/bailey-commands"].allSatisfy(
            FileManager.default.isExecutableFile(atPath:)
        )

    /// The supervisor under test: beside the other programs, or as the tests themselves were built (its release build takes
    /// minutes, and what is tested of it does not depend on that).
    static let supervisor: String? = [
        programs + "/baileyd",
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug/baileyd").path,
    ].first(where: FileManager.default.isExecutableFile(atPath:))

    /// Whether all controllers are on v2, and nothing is mounted as v1.
    static let hasOnlyUnifiedCgroups =
        text("/sys/fs/cgroup/cgroup.controllers").contains("memory") && !text("/proc/mounts").contains(" cgroup rw")

    /// Whether `bailey compare` is tested: half a minute in which nothing else should run.
    static let testsComparison =
        canRunJails && ProcessInfo.processInfo.environment["BAILEY_TEST_COMPARISON"] != nil

    /// Whether virtual machines are tested: they need QEMU, and a store that has or fetches a guest kernel.
    static let testsMachines =
        canRunJails && store != nil && ProcessInfo.processInfo.environment["BAILEY_TEST_MACHINES"] != nil
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/qemu-system-x86_64")

    /// Whether tests that make disks of their own are asked for.
    static let testsDisks = canRunJails && ProcessInfo.processInfo.environment["BAILEY_TEST_DISKS"] != nil

    /// A state root in which templates were built, shared by the tests that need a Debian.
    static let store = ProcessInfo.processInfo.environment["BAILEY_TEST_STORE"]

    /// Whether the shared store holds `template`.
    static func has(_ template: String) -> Bool {
        guard canRunJails, let store else { return false }
        return FileManager.default.fileExists(atPath: "\(store)/lib/templates/\(template)")
            || FileManager.default.fileExists(atPath: "\(store)/lib/templates/names/\(template)")
    }
}

/// What a program left behind when it ended.
struct Finished: CustomStringConvertible {
    let status: Int32
    let output: String
    let complaints: String

    var description: String {
        "status \(status), output \(output.suffix(2000).debugDescription), error \(complaints.suffix(2000).debugDescription)"
    }
}

/// The text of a file, also of one in /proc whose size is not known; empty when it cannot be read.
func text(_ path: String) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { return "" }
    defer { try? file.close() }
    return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
}
