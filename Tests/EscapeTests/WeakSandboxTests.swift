import Foundation
import Testing

/// The proof that the probes can see an escape: in sandboxes that hold nothing, each reports one.
///
/// Nothing is written to the host: `probe weak` runs them with `--dry`, in a mount namespace of its own.
@Suite("weakened sandboxes", .serialized, .enabled(if: geteuid() == 0, "needs root"))
struct WeakSandboxTests {
    /// What can be weak about a sandbox; a probe must see through one of them.
    static let weaknesses = ["open", "chroot", "filter", "init", "stray"]

    @Test("a probe sees a way out of a sandbox that has one", arguments: Probe.names)
    func goesRed(_ probe: String) async throws {
        if let reason = Self.outOfReach(probe) {
            print("skipped: \(probe): \(reason)")
            return
        }
        let jail = try JailRun()
        let host = try prepare(jail)
        var said: [String] = []
        for weakness in Self.weaknesses {
            let finished = try await weak(weakness, probe, jail, host.facts)
            said.append("\(weakness): \(finished)")
            if finished.status == 1 { break }
        }
        judge(probe, said)
        #expect(text(jail.folder + "/canary") == host.secret)
        host.end()
        await jail.end()
    }

    private func weak(_ weakness: String, _ probe: String, _ jail: JailRun, _ facts: [String]) async throws -> Finished
    {
        let sandbox = [Probe.program, "weak", weakness, jail.rootfs, probe] + facts + ["volume=/volume"]
        if probe == "tty" { return try await run([Probe.program, "terminal"] + sandbox + ["terminal=yes"]) }
        return try await run(sandbox)
    }

    private func judge(_ probe: String, _ said: [String]) {
        guard let last = said.last, !last.contains("ESCAPED: ") else { return }
        if said.allSatisfy({ $0.contains("unavailable: ") }) {
            print("skipped: \(probe): this kernel lacks it: \(last)")
        } else {
            Issue.record("\(probe) saw no way out of any weak sandbox: \(said)")
        }
    }

    /// Why this machine cannot show the escape, where it cannot: it may itself lack the privilege.
    private static func outOfReach(_ probe: String) -> String? {
        switch probe {
        case "oom-score", "raise-limits":
            hasCapability(24) ? nil : "this machine's root has no CAP_SYS_RESOURCE"
        case "mknod-disk":
            "a machine may forbid opening its own disk; mknod-loop and mknod-null show the same"
        default: nil
        }
    }

    private static func hasCapability(_ number: UInt64) -> Bool {
        let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
        return mask >> number & 1 == 1
    }

    @Test(
        "a sandbox that keeps its caller's session keyring is found out",
        arguments: [
            "session-keyring", "search-key", "listed-key",
        ]
    )
    func keyring(_ probe: String) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await run([Probe.program, "insession", Probe.program, "weak", "open", jail.rootfs, probe])
        #expect(Verdict(finished)?.isEscape == true, "\(finished)")
        await jail.end()
    }

    @Test("an ambush sees a process that still has the host's root")
    func ambush() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await run([Probe.program, "weak", "open", jail.rootfs, "ambush", "2"])
        #expect(Verdict(finished)?.isEscape == true, "\(finished)")
        await jail.end()
    }

    @Test("bytes pushed into a terminal are seen in its input")
    func terminal() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let sandbox = [Probe.program, "weak", "open", jail.rootfs, "tty", "terminal=yes"]
        let finished = try await run([Probe.program, "terminal"] + sandbox)
        #expect(finished.status == 1)
        #expect(finished.output.contains("terminal: 1 bytes pushed"), "\(finished)")
        await jail.end()
    }
}
