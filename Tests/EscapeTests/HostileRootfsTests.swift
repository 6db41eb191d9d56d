import Foundation
import Testing

/// A root file system made by a tenant who wants the launcher to write, mount or look elsewhere.
struct HostileRootfs: Sendable, CustomTestStringConvertible {
    /// A shell script, run in the root file system, with the canary's path in `$CANARY`.
    let script: String
    var flags: [String] = []
    var testDescription: String { (flags + [script]).joined(separator: " ") }

    static let all: [HostileRootfs] =
        ["proc", "sys", "dev", "etc"].flatMap(replacements)
        + ["resolv.conf", "hosts", "hostname", "mtab"].flatMap(files)
        + ["/mnt/a", "/mnt/a/b/c", "/tmp/x"].flatMap(targets)
        + [
            HostileRootfs(script: "rm -rf dev; mkdir dev; ln -s $CANARY/dev/null dev/null"),
            HostileRootfs(script: "rm -rf dev; mkdir dev; ln -s $CANARY/dev/console dev/console"),
            HostileRootfs(script: "rm -rf dev; mkdir dev; ln -s $CANARY/dev dev/pts; ln -s $CANARY/dev dev/shm"),
            HostileRootfs(script: "mkdir -p proc/sys; ln -s $CANARY/secret proc/kcore; ln -s $CANARY proc/acpi"),
            HostileRootfs(script: "mkdir -p sys/fs; ln -s $CANARY sys/fs/cgroup; ln -s $CANARY sys/firmware"),
            HostileRootfs(script: "rm -rf tmp run; ln -s $CANARY tmp; ln -s $CANARY run"),
            HostileRootfs(script: "ln -s /proc/self/root proc-root; rm -rf etc; ln -s /proc/1/root/etc etc"),
            HostileRootfs(script: "ln -sf $CANARY .bailey; ln -sf $CANARY .old_root; ln -sf $CANARY .pivot_root"),
            HostileRootfs(script: "ln -s loop-b loop-a; ln -s loop-a loop-b; rm -rf etc; ln -s /loop-a etc"),
            HostileRootfs(script: "ln -s $CANARY work", flags: ["-w", "/work"]),
            HostileRootfs(script: "true", flags: ["-w", "/../../../../../.."]),
        ]

    /// The mount point itself is a link, by every spelling that leads out, or not a directory at all.
    private static func replacements(_ name: String) -> [HostileRootfs] {
        [
            HostileRootfs(script: "rm -rf \(name); ln -s $CANARY/\(name) \(name)"),
            HostileRootfs(script: "rm -rf \(name); ln -s ../../../../../../../../$CANARY/\(name) \(name)"),
            HostileRootfs(script: "rm -rf \(name); ln -s /etc/../../../../../../..$CANARY \(name)"),
            HostileRootfs(script: "rm -rf \(name); ln -s \(name) \(name)"),
            HostileRootfs(script: "rm -rf \(name); echo file > \(name)"),
            HostileRootfs(script: "rm -rf \(name); mkfifo \(name)"),
        ]
    }

    /// A file that the launcher provides is a link to one of the host's, to one not there yet, or would block it.
    private static func files(_ name: String) -> [HostileRootfs] {
        [
            HostileRootfs(script: "rm -rf etc/\(name); ln -s $CANARY/etc/\(name) etc/\(name)"),
            HostileRootfs(script: "rm -rf etc/\(name); ln -s ../../../../../../../..$CANARY/etc/\(name) etc/\(name)"),
            HostileRootfs(script: "rm -rf etc/\(name); ln -s $CANARY/etc/made-by-\(name) etc/\(name)"),
            HostileRootfs(script: "rm -rf etc/\(name); ln -s \(name) etc/\(name)"),
            HostileRootfs(script: "rm -rf etc/\(name); mkfifo etc/\(name)"),
            HostileRootfs(script: "rm -rf etc/\(name); mkdir etc/\(name)"),
        ]
    }

    /// The target of a volume, or a directory on the way to it, is a link.
    private static func targets(_ target: String) -> [HostileRootfs] {
        let first = target.split(separator: "/").prefix(2).joined(separator: "/")
        return ["$CANARY", "$CANARY/made", "../../../../../../../..$CANARY", "/proc/self/root"].map { link in
            HostileRootfs(
                script: "rm -rf \(first); mkdir -p $(dirname \(first)); ln -s \(link) \(first)",
                flags: ["-v", "VOLUME:\(target)"]
            )
        }
    }
}

@Suite("hostile root file systems", .serialized)
struct HostileRootfsTests {
    /// The jail starts inside its root, or is refused with status 125; either way the host is as it was.
    @Test(
        "a hostile root file system leads nowhere",
        .enabled(if: Place.canRunJails, "needs root and the release build"),
        arguments: HostileRootfs.all
    )
    func leadsNowhere(_ hostile: HostileRootfs) async throws {
        let jail = try JailRun()
        let canary = try Canary(in: jail.folder)
        let host = try prepare(jail)
        let script = "cd \(jail.rootfs) && { \(hostile.script); }"
        let made = try await run(["/bin/sh", "-c", script], environment: ["CANARY": canary.path])
        try #require(made.status == 0, "\(made)")
        let flags = hostile.flags.map { $0.replacingOccurrences(of: "VOLUME", with: jail.folder + "/volume") }
        for probe in ["working-directory", "process-roots", "proc-listing"] {
            let finished = try await jail.jail(flags, ["/probe", probe] + host.facts, timeout: 20)
            #expect(finished.status == 125 || finished.status == 0, "\(probe): \(finished)")
            #expect(!finished.output.contains("ESCAPED"), "\(finished)")
        }
        let read = try await jail.jail(flags, ["/bin/sh", "-c", Self.readEverything], timeout: 20)
        #expect(!read.output.contains(canary.secret), "the host's file was read")
        canary.expectUntouched("a start")
        host.end()
        await jail.end()
    }

    /// The proof that the traps are traps: a launcher that follows paths by name is led to the canary by each.
    @Test(
        "a careless writer is led outside by a hostile root file system",
        .enabled(if: geteuid() == 0, "needs root"),
        arguments: HostileRootfs.all.filter { $0.script.contains("$CANARY") }
    )
    func carelessWriter(_ hostile: HostileRootfs) async throws {
        let jail = try JailRun()
        let canary = try Canary(in: jail.folder)
        try Rootfs.make(at: jail.rootfs)
        let script = "cd \(jail.rootfs) && { \(hostile.script); } && { \(Self.writeEverywhere); }"
        let made = try await run(["/bin/sh", "-c", script], environment: ["CANARY": canary.path])
        #expect(!canary.changes.isEmpty, "\(made)")
        await jail.end()
    }

    static let writeEverywhere = """
        for path in proc sys dev etc tmp run work .bailey .old_root mnt/a tmp/x sys/fs/cgroup dev/shm proc/acpi \\
            etc/resolv.conf etc/hosts etc/hostname etc/mtab dev/null dev/console; do
        [ -p $path ] || [ -c $path ] || echo x > $path || echo x > $path/written; done; true
        """

    static let readEverything = """
        for file in /secret /*/secret /mnt/a/b/c/secret /etc/[hmr]*; do [ -f "$file" ] && cat "$file"; done; true
        """
}
