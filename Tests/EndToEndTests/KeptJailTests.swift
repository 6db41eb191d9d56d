import Foundation
import Testing

extension EndToEnd {
    @Suite("jails that are kept", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct KeptJailTests {
        private static let counting = "sh -c 'echo run >>/tmp/n; wc -l </tmp/n; sleep 60'"

        @Test func `A created jail starts under its name, again and again, with its files, log and ids`() async throws {
            try await withHost { host in
                _ = try await host.output("$B create --name $N --rootfs $R -- \(Self.counting)")
                try await host.expect("$B ls", toPrint: "created")
                let ids = "$B inspect $N | grep -o '\"hostBase\":[0-9]*'"
                let first = try await host.output("$B start $N >/dev/null; sleep 0.3; \(ids)")
                try await host.expect("$B exec $N wc -l /tmp/n", toPrint: "1")
                let second = try await host.output("$B restart -t 1s $N >/dev/null; sleep 0.3; \(ids)")
                #expect(first == second)
                try await host.expect("$B exec $N wc -l /tmp/n", toPrint: "2")
                try await host.expect("$B logs $N | tr '\\n' ' '", prints: "1 2")
                let twice = try await host.sh("$B start $N")
                #expect(twice.status == 1 && twice.complaints.contains("running already"), "\(twice)")
                try await host.expect(
                    "$B rm -f $N >/dev/null; $B ls -q; ls -l /run/bailey/ids | grep $F || true",
                    prints: ""
                )
            }
        }

        @Test func `A jail of run starts again as it was declared, by file and by flags`() async throws {
            try await withHost { host in
                let file = """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sh, -c, "echo $A; ulimit -n"]
                      environment: { A: b }
                    """
                try file.write(toFile: host.folder + "/j.yaml", atomically: true, encoding: .utf8)
                try await host.expect("$B run -f $F/j.yaml --ulimit nofile=77", prints: "b\n77")
                // What counts is what was declared then, not what the file says now.
                _ = try await host.output("rm $F/j.yaml; $B start $N; sleep 0.3")
                try await host.expect("$B logs $N", prints: "b\n77")
                try await host.expect("$B explain $N", toPrint: "j.yaml:7:18")
            }
        }

        @Test func `A start that fails takes nothing away from a kept jail`() async throws {
            try await withHost { host in
                _ = try await host.output("$B create --name $N --rootfs $R -- /tmp/program")
                _ = try await host.output("echo keep >$BAILEY_ROOT/lib/jails/$N/mark")
                let failed = try await host.sh("$B start $N")
                #expect(failed.status == 1 && failed.complaints.contains("/tmp/program"), "\(failed)")
                try await host.expect("cat $BAILEY_ROOT/lib/jails/$N/mark; $B ls", toPrint: "failed")
                // The reason goes away: the same jail starts.
                let mend = "printf '#!/bin/sh\\nsleep 60\\n' >$R/tmp/program; chmod 755 $R/tmp/program"
                try await host.expect("\(mend); $B start $N >/dev/null; $B ls", toPrint: "running")
            }
        }

        @Test func `A jail that is renamed keeps everything but its name`() async throws {
            try await withHost { host in
                _ = try await host.output("$B create --name $N --rootfs $R -- \(Self.counting); $B start $N; sleep 0.3")
                #expect(try await host.sh("$B rename $N $N-b").complaints.contains("stop it first"))
                _ = try await host.output("$B stop -t 0s $N; $B rename $N $N-b; $B start $N-b; sleep 0.3")
                try await host.expect("$B exec $N-b wc -l /tmp/n", toPrint: "2")
                try await host.expect("$B ls -q", prints: "\(host.name)-b")
                _ = try await host.output("$B rm -f $N-b")
            }
        }

        @Test func `rescue runs another command with the jail's files and limits`() async throws {
            try await withHost { host in
                _ = try await host.output("$B create --name $N --rootfs $R --pids 9 -- /no/such; echo x >$R/tmp/x")
                let rescue = try await host.sh("$B start --rescue $N -- sh -c 'cat /tmp/x; exit 4'")
                #expect(rescue.status == 4 && rescue.output == "x\n", "\(rescue)")
                try await host.expect("$B ls", toPrint: "stopped (4)")
            }
        }

        @Test
        func `A jail whose launcher was killed in its second run is failed, not stopped with the first run's status`()
            async throws
        {
            try await withHost { host in
                let once = "sh -c 'test -e /tmp/n && sleep 60; touch /tmp/n'"
                _ = try await host.output("$B create --name $N --rootfs $R -- \(once); $B start $N; sleep 0.3")
                try await host.expect("$B ls", toPrint: "stopped (0)")
                let kill = "kill -9 $(ps -o ppid= -p $($B inspect $N | grep -o '\"pid\":[0-9]*' | cut -d: -f2))"
                try await host.expect(
                    "$B start $N >/dev/null; sleep 0.3; \(kill); sleep 0.3; $B doctor >/dev/null; $B ls",
                    toPrint: "failed"
                )
                try await host.expect("$B start $N >/dev/null; $B ls", toPrint: "running")
            }
        }
    }
}
