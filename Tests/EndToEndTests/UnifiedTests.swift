import Foundation
import Testing

extension EndToEnd {
    /// What only a host with pure cgroup v2 can show; `make test-v2` boots one.
    @Suite(
        "pure cgroup v2",
        .serialized,
        .enabled(if: Place.canRunJails && Place.hasOnlyUnifiedCgroups, "needs pure cgroup v2: run make test-v2")
    )
    struct UnifiedTests {
        /// A jail from a file with every limit that v2 knows, and the path of its cgroup in `C`.
        private static let limited = """
            printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: %s, tenant: acme }\\nspec:\\n  rootfs: %s\\n' $N $R > $F/j.yaml
            cat >> $F/j.yaml <<'E'
              resources:
                cpu: { max: 50%, weight: 50, burst: 10ms, cpus: "0" }
                memory: { guarantee: 4MiB, low: 6MiB, high: 40MiB, max: 48MiB, swap: 8MiB }
                pids: { max: 30 }
                io: { read: 20MiB/s, writeOps: 500/s }
            E
            $B run -d -f $F/j.yaml -- sleep 60 >/dev/null || exit 1
            C=$(find /sys/fs/cgroup -type d -path "*/acme/$N")
            """

        @Test func `Every limit stands in the one group, under its v2 name`() async throws {
            try await withHost { host in
                let files = [
                    "cpu.max", "cpu.weight", "cpu.max.burst", "cpuset.cpus", "memory.min", "memory.low", "memory.high",
                    "memory.max", "memory.swap.max", "pids.max",
                ]
                let list = files.joined(separator: " ")
                let output = try await host.output("\(Self.limited)\ncd $C && cat \(list) io.max")
                let lines = output.split(separator: "\n").map(String.init)
                let wanted = [
                    "50000 100000", "50", "10000", "0", "\(4 << 20)", "\(6 << 20)", "\(40 << 20)", "\(48 << 20)",
                    "\(8 << 20)", "30",
                ]
                #expect(Array(lines.prefix(wanted.count)) == wanted)
                #expect(lines.last?.contains("rbps=\(20 << 20) wbps=max riops=max wiops=500") == true, "\(output)")
            }
        }

        @Test func `The first process was born inside, and explain agrees with the kernel`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    "\(Self.limited)\nwc -l < $C/cgroup.procs; $B explain $N | grep -E 'memory.(guarantee|high|max) '"
                )
                let lines = output.split(separator: "\n")
                // bailey-init and the program; the launcher stays outside.
                #expect(lines.first == "2", "\(output)")
                for bytes in [4 << 20, 40 << 20, 48 << 20] {
                    #expect(lines.contains { $0.hasSuffix(" \(bytes)") }, "\(bytes) in \(output)")
                }
            }
        }

        @Test func `A guarantee is the tenant's too while the jail runs, and no longer`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    """
                    \(Self.limited)
                    T=${C%/*}; cat $T/memory.min ${T%/*}/memory.min
                    $B rm --force $N >/dev/null; cat $T/memory.min ${T%/*}/memory.min
                    """
                )
                #expect(output.split(separator: "\n") == ["\(4 << 20)", "\(4 << 20)", "0", "0"], "\(output)")
            }
        }

        /// Root of the host in the jail's group: only the program in the kernel is left to refuse it.
        @Test func `A program closes every device but the usual ones`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    """
                    \(Self.limited)
                    sh -c "echo \\$\\$ > $C/cgroup.procs; head -c 1 /dev/zero | wc -c; head -c 1 /dev/kmsg 2>&1 | grep -o 'not permitted'"
                    head -c 1 /dev/kmsg | wc -c
                    """
                )
                #expect(output == "1\nnot permitted\n1", "\(output)")
            }
        }

        @Test func `A tenant's second jail gets controllers that its first one did not need`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    """
                    $B run -d --name $N --tenant acme --rootfs $R -- sleep 60 >/dev/null
                    $B run -d --name $N-b --tenant acme --rootfs $R --cpus 0.5 -- sleep 60 >/dev/null
                    cat $(find /sys/fs/cgroup -type d -path "*/acme/$N-b")/cpu.max; $B rm --force $N-b >/dev/null
                    """
                )
                #expect(output == "50000 100000", "\(output)")
            }
        }

        @Test func `A guest sees its own group as the root, and cannot change it`() async throws {
            try await withHost { host in
                try await host.expect("$J -- cat /proc/self/cgroup", prints: "0::/")
                let attempt = "ls /sys/fs/cgroup/memory.max 2>/dev/null && echo 1 > /sys/fs/cgroup/memory.max; true"
                let output = try await host.sh("$J --memory 64MiB -- sh -c '\(attempt); echo alive'")
                #expect(output.output.hasSuffix("alive\n"), "\(output)")
            }
        }

        @Test func `Pressure and events of a group are told`() async throws {
            try await withHost { host in
                let figures = try await host.output(
                    "$D --memory 32MiB -- sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 60' >/dev/null; sleep 2; $B stats --json $N"
                )
                let jails = try #require(try JSONSerialization.jsonObject(with: Data(figures.utf8)) as? [[String: Any]])
                #expect((jails.first?["oomKills"] as? Int ?? 0) >= 1, "\(figures)")
            }
        }
    }
}
