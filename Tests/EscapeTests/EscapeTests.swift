import Foundation
import Testing

@Suite("the programs under test")
struct ProgramTests {
    @Test("the escape probe builds and knows its names")
    func probeBuilds() throws {
        _ = try Probe.build.get()
        #expect(Probe.names.count > 100)
        #expect(Set(Probe.names).count == Probe.names.count)
    }

    @Test(
        "bailey and bailey-init are where BAILEY_BIN says",
        .enabled(if: ProcessInfo.processInfo.environment["BAILEY_BIN"] != nil, "BAILEY_BIN is not set")
    )
    func programsExist() {
        #expect(Place.canRunJails, "needs root, and bailey and bailey-init in \(Place.programs)")
    }
}

@Suite("ways out of a jail", .serialized, .enabled(if: Place.canRunJails, "needs root and the release build"))
struct EscapeTests {
    /// Every probe, in every configuration; none may escape but those the configuration names.
    @Test("a probe inside finds no way out", arguments: Confinement.all, Probe.names)
    func holds(_ confinement: Confinement, _ probe: String) async throws {
        let jail = try JailRun()
        let host = try prepare(jail)
        let hostName = text("/proc/sys/kernel/hostname")
        let finished = try await jail.jail(
            confinement.flags + ["-v", jail.folder + "/volume:/volume:ro"],
            ["/probe", probe] + host.facts + ["volume=/volume"] + confinement.facts
        )
        judge(Verdict(finished), of: probe, in: confinement, finished)
        #expect(host.isAlive, "a process of the host was killed")
        #expect(text(jail.folder + "/canary") == host.secret, "a file of the host was changed")
        #expect(text("/proc/sys/kernel/hostname") == hostName, "the host's name was changed")
        host.end()
        await jail.end()
    }

    private func judge(_ verdict: Verdict?, of probe: String, in confinement: Confinement, _ finished: Finished) {
        switch verdict {
        case .blocked: break
        case .unavailable(let why): print("skipped: \(probe) in \(confinement.testDescription): \(why)")
        case .escaped(let how):
            guard let reason = confinement.allowed[probe] else {
                Issue.record("\(probe) in \(confinement.testDescription): \(how)")
                return
            }
            print("allowed: \(probe) in \(confinement.testDescription): \(reason)")
        case nil: Issue.record("\(probe) in \(confinement.testDescription) gave no verdict: \(finished)")
        }
    }
}

/// Makes the root file system, a volume, and the host's side of the probes.
func prepare(_ jail: JailRun) throws -> HostSide {
    try Rootfs.make(at: jail.rootfs)
    try FileManager.default.createDirectory(atPath: jail.folder + "/volume", withIntermediateDirectories: true)
    return try HostSide(folder: jail.folder)
}
