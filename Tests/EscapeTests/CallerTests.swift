import Foundation
import Testing

/// What belongs to whoever starts a jail: the terminal, open descriptors, the working directory, the keyring.
@Suite("what the caller holds", .serialized, .enabled(if: Place.canRunJails, "needs root and the release build"))
struct CallerTests {
    /// Nothing may be typed for the caller, whether the jail runs on the caller's terminal or, with `-t`, on its own.
    ///
    /// The wrapper looks into the input of the caller's terminal afterwards.
    @Test("nothing is pushed into the caller's terminal", arguments: [[], ["-t"], ["--seccomp", "unconfined"]])
    func terminal(_ flags: [String]) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await jail.jail(flags, ["/probe", "tty"], through: [Probe.program, "terminal"])
        #expect(finished.output.contains("terminal: 0 bytes pushed"), "\(finished)")
        // On a terminal of its own the probe may well push bytes: to the jail.
        if !flags.contains("-t") { #expect(!finished.output.contains("ESCAPED"), "\(finished)") }
        await jail.end()
    }

    @Test("nothing is pushed into the terminal of a caller who joins")
    func joiningTerminal() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        try await started(jail)
        let finished = try await jail.bailey(
            ["exec", jail.name, "--", "/probe", "tty"],
            through: [Probe.program, "terminal"]
        )
        #expect(finished.output.contains("terminal: 0 bytes pushed"), "\(finished)")
        try await destroyed(jail)
        await jail.end()
    }

    /// CVE-2024-21626: the caller leaves descriptors open and stands in a directory of the host.
    @Test(
        "no descriptor and no directory of the caller's is inherited",
        arguments: ["descriptors", "working-directory"]
    )
    func inherited(_ probe: String) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let careless = ["/bin/sh", "-c", "cd / && exec \"$@\" 7</ 8</etc/passwd 9</proc", "careless"]
        let finished = try await jail.jail([], ["/probe", probe], through: careless)
        let verdict = Verdict(finished)
        #expect(verdict != nil && verdict?.isEscape == false, "\(finished)")
        await jail.end()
    }

    /// The other half of CVE-2024-21626: a working directory that names a descriptor of the launcher.
    @Test("a working directory cannot name a descriptor of the launcher", arguments: 3...12)
    func workingDirectory(_ number: Int) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let careless = ["/bin/sh", "-c", "exec \"$@\" 7</ 8</etc 9</proc", "careless"]
        for path in ["/proc/self/fd/\(number)", "/proc/self/fd/\(number)/../../.."] {
            let finished = try await jail.jail(["-w", path], ["/probe", "working-directory"], through: careless)
            let isRefused = (125...127).contains(finished.status)
            #expect(isRefused || Verdict(finished)?.isEscape == false, "\(path): \(finished)")
        }
        await jail.end()
    }

    @Test(
        "the caller's session keyring is left behind",
        arguments: [
            ("session-keyring", []), ("session-keyring", ["--seccomp", "unconfined"]),
            ("search-key", ["--seccomp", "unconfined"]), ("listed-key", ["--seccomp", "unconfined"]),
        ]
    )
    func keyring(_ probe: String, _ flags: [String]) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await jail.jail(flags, ["/probe", probe], through: [Probe.program, "insession"])
        let verdict = Verdict(finished)
        #expect(verdict != nil && verdict?.isEscape == false, "\(finished)")
        await jail.end()
    }

    /// CVE-2016-9962, CVE-2019-5736: a process that joins is ambushed before it runs the guest's program.
    @Test("a process that joins gives nothing of the host away")
    func ambush() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        try await started(jail)
        async let ambush = jail.bailey(["exec", jail.name, "--", "/probe", "ambush", "5"])
        try await Task.sleep(for: .milliseconds(300))
        for _ in 0..<30 {
            let joined = try await jail.bailey(["exec", jail.name, "--", "/bin/true"])
            #expect(joined.status == 0, "\(joined)")
        }
        let finished = try await ambush
        #expect(Verdict(finished)?.isEscape == false, "\(finished)")
        try await destroyed(jail)
        await jail.end()
    }

    /// The guest has put a link where a process that joins opens /dev/null: it would lead to what its caller left open.
    @Test("a guest's /dev/null does not lead to what the caller holds", arguments: 3...9)
    func nullDevice(_ number: Int) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        try await started(jail)
        let trap = "mount -t tmpfs none /dev && ln -s /proc/self/fd/\(number) /dev/null"
        let laid = try await jail.bailey(["exec", jail.name, "--", "/bin/sh", "-c", trap])
        try #require(laid.status == 0, "\(laid)")
        // World-writable, so that the host's permissions do not stand in the way of the trap.
        let target = jail.folder + "/world-writable"
        let careless = [
            "/bin/sh", "-c", ": > \(target); chmod 666 \(target); exec \"$@\" \(number)<>\(target)", "careless",
        ]
        let joined = try await jail.bailey(
            ["exec", jail.name, "--", "/bin/sh", "-c", "echo reached >&0"],
            through: careless
        )
        #expect(text(target).isEmpty, "\(joined)")
        #expect(joined.status == 125, "\(joined)")
        try await destroyed(jail)
        await jail.end()
    }

    @Test("a guest that restarts the machine restarts nothing but itself", arguments: [[], ["--cap-add", "SYS_BOOT"]])
    func reboot(_ flags: [String]) async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        // Where it is allowed it ends the guest, whose status is then that of a signal.
        let finished = try await jail.jail(flags, ["/probe", "reboot"])
        #expect(!finished.output.contains("ESCAPED"), "\(finished)")
        #expect(finished.status != 125 && finished.status != 124, "\(finished)")
        await jail.end()
    }

    @Test("a fork bomb stops at the limit")
    func forkBomb() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await jail.jail(["--pids", "64"], ["/probe", "forkbomb"])
        let count = finished.output.split(separator: " ").dropFirst().first.flatMap { Int($0.dropLast()) }
        #expect(finished.output.contains("EAGAIN"), "\(finished)")
        #expect((1..<64).contains(count ?? 0), "\(finished)")
        await jail.end()
    }

    @Test("a memory hog is stopped at the limit, alone")
    func memoryHog() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let finished = try await jail.jail(["--memory", "64MiB"], ["/probe", "eat", "512"])
        #expect(!finished.output.contains("touched 512"), "\(finished)")
        #expect(finished.status == 137, "\(finished)")
        await jail.end()
    }

    private func started(_ jail: JailRun) async throws {
        let flags = ["run", "-d", "--name", jail.name, "--rootfs", jail.rootfs, "--cap-add", "SYS_ADMIN"]
        let finished = try await jail.bailey(flags + ["--", "/bin/sleep", "120"])
        try #require(finished.status == 0, "\(finished)")
    }

    private func destroyed(_ jail: JailRun) async throws {
        let finished = try await jail.bailey(["rm", "--force", jail.name])
        #expect(finished.status == 0, "\(finished)")
    }
}
