import Foundation
import Testing

/// A tenant exchanges a directory for a link while jails start (CVE-2021-30465, CVE-2025-31133, CVE-2025-52565,
/// CVE-2025-52881).
@Suite("races with a start", .serialized)
struct RaceTests {
    static let starts = 50

    /// What is exchanged, and the flags that make the launcher go there.
    struct Race: Sendable, CustomTestStringConvertible {
        let path: String
        let flags: [String]
        var testDescription: String { path }
    }

    static let races = [
        Race(path: "mnt/a", flags: ["-v", "VOLUME:/mnt/a"]),
        Race(path: "mnt/a", flags: ["-v", "VOLUME:/mnt/a/b/c"]),
        Race(path: "proc", flags: []),
        Race(path: "sys", flags: []),
        Race(path: "dev", flags: []),
        Race(path: "etc", flags: []),
    ]

    @Test(
        "exchanging a directory for a link during a start leads nowhere",
        .enabled(if: Place.canRunJails, "needs root and the release build"),
        arguments: races
    )
    func leadsNowhere(_ race: Race) async throws {
        let jail = try JailRun()
        let canary = try Canary(in: jail.folder)
        try Rootfs.make(at: jail.rootfs)
        try FileManager.default.createDirectory(atPath: jail.folder + "/volume", withIntermediateDirectories: true)
        let swapper = try startSwapping(race.path, in: jail, with: canary)
        let flags = race.flags.map { $0.replacingOccurrences(of: "VOLUME", with: jail.folder + "/volume") }
        let look = "cat /mnt/*/secret /mnt/a/b/c/secret /etc/secret /proc/secret /sys/secret /dev/secret 2>&1; true"
        for _ in 0..<Self.starts {
            let finished = try await jail.jail(flags, ["/bin/sh", "-c", look], timeout: 20)
            #expect(finished.status == 0 || finished.status == 125, "\(finished)")
            #expect(!finished.output.contains(canary.secret), "the host's file was read")
        }
        #expect(swapper.isRunning, "the race ended before the starts did")
        kill(swapper.processIdentifier, SIGKILL)
        swapper.waitUntilExit()
        canary.expectUntouched("a start")
        await jail.end()
    }

    /// The proof that the exchange is fast enough to be met: a careless writer, who looks before it writes, is caught.
    @Test("a writer that looks first and writes then is led astray", .enabled(if: geteuid() == 0, "needs root"))
    func carelessWriter() async throws {
        let jail = try JailRun()
        let canary = try Canary(in: jail.folder)
        try Rootfs.make(at: jail.rootfs)
        let swapper = try startSwapping("mnt/a", in: jail, with: canary)
        let careless = """
            i=0; while [ $i -lt 2000000 ] && [ ! -e "$CANARY/astray" ]; do
            [ -L "$TARGET" ] || echo x > "$TARGET/astray"; i=$((i+1)); done 2>/dev/null; test -e "$CANARY/astray"
            """
        let finished = try await run(
            ["/bin/sh", "-c", careless],
            environment: ["CANARY": canary.path, "TARGET": jail.rootfs + "/mnt/a"]
        )
        #expect(finished.status == 0, "the exchange was never met")
        kill(swapper.processIdentifier, SIGKILL)
        swapper.waitUntilExit()
        await jail.end()
    }

    /// Exchanges `path` in the root file system for a link to the canary, for as long as the test may take.
    private func startSwapping(_ path: String, in jail: JailRun, with canary: Canary) throws -> Process {
        let target = jail.rootfs + "/" + path
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: jail.rootfs + "/swap-link", withDestinationPath: canary.path)
        let swapper = Process()
        swapper.executableURL = URL(fileURLWithPath: Probe.program)
        swapper.arguments = ["swap", target, jail.rootfs + "/swap-link", "120"]
        swapper.standardOutput = FileHandle.nullDevice
        try swapper.run()
        return swapper
    }
}
