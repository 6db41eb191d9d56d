import Foundation
import Testing

extension EndToEnd {
    /// Real virtual machines, emulated in software: they boot on any host, in seconds.
    @Suite(
        "virtual machines",
        .serialized,
        .enabled(if: Place.testsMachines, "needs root, the built programs, QEMU, and BAILEY_TEST_MACHINES")
    )
    struct MachineTests {
        /// Foreground and detached starts of a machine with the test's busybox root.
        private static let lines = """
            M="$B run --backend tcg --memory 256MiB --rootfs $R"
            """

        @Test func `Runs a command with its streams, environment, directory, user and exit status`() async throws {
            try await withHost(state: Place.store) { host in
                let result = try await host.sh(
                    """
                    \(Self.lines)
                    echo hello | $M --rm -i --name $N -e A='b c' -w /tmp -u web -- sh -c \
                        'cat; echo $A; pwd; id -u; hostname; uname -r; echo wrong >&2; exit 7'
                    """,
                    timeout: 150
                )
                #expect(result.status == 7, "\(result)")
                let lines = result.output.split(separator: "\n").map(String.init)
                #expect(lines.prefix(5) == ["hello", "b c", "/tmp", "33", String(host.name)], "\(result)")
                #expect(lines.last?.hasSuffix("-cloud-amd64") == true, "a kernel of its own: \(result)")
                #expect(result.complaints.hasSuffix("wrong\n"), "\(result)")
            }
        }

        @Test func `A detached machine is listed, entered, logged, watched, and stopped in order`() async throws {
            try await withHost(state: Place.store) { host in
                _ = try await host.output(
                    """
                    \(Self.lines)
                    $M -d --name $N -- sh -c 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.2; done'
                    """,
                    timeout: 60
                )
                // exec waits for the agent.
                #expect(try await host.sh("$B exec $N sh -c 'exit 9'", timeout: 90).status == 9)
                try await host.expect(
                    "echo hi | $B exec -i -w /tmp -u web -e X=y $N sh -c 'cat; pwd; id -u; echo $X'",
                    prints: "hi\n/tmp\n33\ny"
                )
                #expect(try await host.sh("$B exec $N /no/such").status == 127)
                #expect(try await host.sh("$B exec $N /etc/passwd").status == 126)
                try await host.expect("$B ls | grep $N", toPrint: "sh -c trap")
                try await host.expect("$B exec $N mount", toPrint: "overlay on / ")
                try await host.expect("$B exec $N cat /proc/1/comm", prints: "init")
                try await host.expect("$B stats --json $N", toPrint: "memoryBytes")
                try await host.expect("$B logs $N", prints: "up")
                try await host.expect(
                    "$B stop -t 20s $N >/dev/null; $B ls -a 2>/dev/null || $B ls; $B logs $N",
                    timeout: 90,
                    toPrint: "stopped (3)"
                )
                try await host.expect("$B logs $N", prints: "up\nbye")
            }
        }

        @Test func `The monitor has no capability, ids of its own, and two filters`() async throws {
            try await withHost(state: Place.store) { host in
                let status = try await host.output(
                    """
                    \(Self.lines)
                    $M -d --name $N -- sleep 600 >/dev/null; $B exec $N true
                    for p in $(cat /sys/fs/cgroup/pids/*/default/$N/cgroup.procs /sys/fs/cgroup/*/default/$N/cgroup.procs \
                        2>/dev/null | sort -u); do
                        case $(readlink /proc/$p/exe) in */qemu-system-x86_64)
                            grep -E '^(Uid|CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp|Seccomp_filters):' /proc/$p/status ;;
                        esac
                    done
                    """,
                    timeout: 120
                )
                for line in [
                    "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000",
                    "NoNewPrivs:\t1", "Seccomp:\t2", "Seccomp_filters:\t2",
                ] {
                    #expect(status.contains(line), "\(line) in \(status)")
                }
                #expect(!status.contains("Uid:\t0\t"), "\(status)")
            }
        }

        @Test func `What was written is there after a restart, and gone with the machine`() async throws {
            try await withHost(state: Place.store) { host in
                try await host.expect(
                    """
                    \(Self.lines)
                    $M --name $N -- sh -c 'test -e /kept && echo again || { echo first; echo x > /kept; }'
                    $B start $N >/dev/null; for i in $(seq 200); do $B ls | grep -q "$N.*stopped" && break; sleep 0.2; done
                    $B logs $N
                    """,
                    timeout: 200,
                    prints: "first\nagain"
                )
            }
        }

        @Test(
            "a key that a machine would not carry out is refused with its name",
            arguments: [
                ("--seccomp unconfined", "security.seccomp"), ("-v /tmp:/volume", "mounts"),
                ("--network host", "network.mode"),
                ("--ulimit nofile=10:10", "limits"), ("--memory 64MiB", "resources.memory.max"),
                ("--backend uml", "backend"),
            ]
        )
        func refused(flag: String, key: String) async throws {
            try await withHost(state: Place.store) { host in
                let result = try await host.sh("$B run --rm --backend tcg --rootfs $R \(flag) -- true")
                #expect(result.status == 125 && result.complaints.contains(": error: \(key)"), "\(result)")
            }
        }

        @Test func `doctor says what canary guests have shown`() async throws {
            try await withHost(state: Place.store) { host in
                let text = try await host.output("$B doctor --machines; true", timeout: 150)
                #expect(text.contains("software emulation: a guest answered after"), "\(text)")
                #expect(text.contains("machines by kvm"), "\(text)")
            }
        }

        @Test func `A machine whose launcher is killed is ended and cleaned up`() async throws {
            try await withHost(state: Place.store) { host in
                _ = try await host.sh(
                    """
                    \(Self.lines)
                    $M --name $N -- sleep 600 & one=$!; sleep 4; kill -9 $one; wait $one; sleep 1; $B ls -q
                    """,
                    timeout: 60
                )
            }
        }
    }
}
