import Foundation
import Testing

/// Mounts that a guest makes below what the host shares with it.
@Suite("mount propagation", .serialized)
struct PropagationTests {
    /// Run in a mount namespace of its own: a shared mount, as systemd makes every one, given to a jail that may mount.
    ///
    /// `$1` is the folder, the rest is a command that mounts something at `inner` of the folder's `shared`.
    private static let script = """
        cd "$1" && folder=$1 && shift && mount -t tmpfs shared shared && mount --make-shared shared && mkdir shared/inner &&
        "$@" && grep -c "$folder/shared/inner" /proc/self/mountinfo || echo none
        """

    private func share(_ jail: JailRun, _ command: [String]) async throws -> Finished {
        try FileManager.default.createDirectory(atPath: jail.folder + "/shared", withIntermediateDirectories: true)
        let namespace = ["/usr/bin/unshare", "-m", "/bin/sh", "-c", Self.script, "script", jail.folder]
        return try await run(namespace + command, environment: ["BAILEY_ROOT": jail.state])
    }

    @Test(
        "a mount inside a volume does not appear on the host",
        .enabled(if: Place.canRunJails, "needs root and the release build")
    )
    func volume() async throws {
        let jail = try JailRun()
        try Rootfs.make(at: jail.rootfs)
        let start = [
            Place.bailey, "run", "-d", "--name", jail.name, "--rootfs", jail.rootfs, "--cap-add", "SYS_ADMIN",
            "-v", jail.folder + "/shared:/volume", "--", "/bin/sh", "-c",
            "mount -t tmpfs evil /volume/inner && touch /volume/inner/mounted; sleep 60",
        ]
        let joined =
            "\(Place.bailey) exec \(jail.name) -- /bin/sh -c 'while ! [ -e /volume/inner/mounted ]; do sleep 0.1; done'"
        let finished = try await share(jail, ["/bin/sh", "-c", "\"$@\" && timeout 20 \(joined)", "both"] + start)
        #expect(finished.output.hasSuffix("0\nnone\n"), "\(finished)")
        let removed = try await jail.bailey(["rm", "--force", jail.name])
        #expect(removed.status == 0, "\(removed)")
        await jail.end()
    }

    @Test("a mount namespace that keeps its peers is found out", .enabled(if: geteuid() == 0, "needs root"))
    func peers() async throws {
        let jail = try JailRun()
        let mount = [
            "/usr/bin/unshare", "-m", "--propagation", "unchanged", "mount", "-t", "tmpfs", "evil", "shared/inner",
        ]
        let finished = try await share(jail, mount)
        #expect(finished.output == "1\n", "\(finished)")
        await jail.end()
    }
}
