import Foundation
import Testing

extension EndToEnd {
    @Suite("the life of a jail", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct LifeTests {
        @Test func `A detached jail is listed, as text and as JSON, until it is removed`() async throws {
            try await withHost { host in
                let listed = try await host.output("$D -- sleep 60 >/dev/null; $B ls --json")
                let jails = try #require(try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [[String: Any]])
                #expect(jails.count == 1 && jails[0]["name"] as? String == String(host.name))
                #expect(jails[0]["state"] as? String == "running")
                try await host.expect("$B ls -q", prints: String(host.name))
                #expect(try await host.sh("$B rm $N").status == 1)
                try await host.expect("$B rm --force $N >/dev/null; $B ls -q", prints: "")
            }
        }

        @Test func `exec passes status, input, environment, directory and user`() async throws {
            try await withHost { host in
                _ = try await host.output("$D -- sleep 60")
                #expect(try await host.sh("$B exec $N sh -c 'exit 9'").status == 9)
                #expect(try await host.sh("$B exec $N /no/such").status == 127)
                #expect(try await host.sh("$B exec $N /etc/passwd").status == 126)
                try await host.expect("echo hi | $B exec -i $N cat", prints: "hi")
                try await host.expect(
                    "$B exec -e A=b -w /tmp -u web $N sh -c 'echo $A; pwd; id -u'",
                    prints: "b\n/tmp\n33"
                )
                try await host.expect("echo 'id -u; hostname >/dev/null && echo in' | $B enter $N", toPrint: "0\nin")
            }
        }

        @Test func `exec is confined as the jail is`() async throws {
            try await withHost { host in
                let script =
                    "$D --memory 64MiB -- sleep 60 >/dev/null; $B exec $N cat /proc/self/cgroup /proc/1/cgroup | sort | uniq -c | tr -s ' ' | cut -d ' ' -f 2 | sort -u"
                try await host.expect(script, prints: "2")
                let sets = "grep -E 'CapBnd|Seccomp:|NoNewPrivs' /proc/self/status"
                let inside = try await host.output("$B exec $N \(sets)")
                let fresh = try await host.output("$J -- \(sets)")
                #expect(inside == fresh)
            }
        }

        @Test func `ps, stats and inspect tell of a running jail`() async throws {
            try await withHost { host in
                _ = try await host.output("$D -- sleep 60")
                try await host.expect("$B ps $N", toPrint: "sleep 60")
                let figures = try await host.output("$B stats --json $N")
                let one = try #require(try JSONSerialization.jsonObject(with: Data(figures.utf8)) as? [[String: Any]])
                    .first
                #expect((one?["pids"] as? Int ?? 0) >= 1)
                let inspected = try await host.output("$B inspect $N")
                let jail = try #require(
                    try JSONSerialization.jsonObject(with: Data(inspected.utf8)) as? [[String: Any]]
                )
                .first
                #expect((jail?["identity"] as? [String: Any])?["count"] as? Int == 65536)
            }
        }

        @Test func `A paused jail stands still, a resumed one goes on`() async throws {
            try await withHost { host in
                let script = """
                    $D -- sh -c 'while :; do echo . >> /tmp/n; sleep 0.05; done' >/dev/null
                    count() { stat -c %s $R/tmp/n; }
                    until [ -s $R/tmp/n ]; do sleep 0.05; done; $B pause $N >/dev/null; sleep 0.2; one=$(count); sleep 0.5; two=$(count)
                    $B ls | grep -c paused; $B resume $N >/dev/null; sleep 0.5; three=$(count)
                    test $one = $two && test $three -gt $two && echo moved
                    """
                try await host.expect(script, prints: "1\nmoved")
            }
        }

        @Test func `stop lets a guest finish, and ends one that will not`() async throws {
            try await withHost { host in
                let polite =
                    "$D -- sh -c 'trap \"exit 3\" TERM; echo up; while :; do sleep 0.1; done' >/dev/null; $UP; $B stop $N >/dev/null; $B ls"
                try await host.expect(polite, toPrint: "stopped (3)")
                let stubborn =
                    "$B rm $N >/dev/null; $D -- sh -c 'trap \"\" TERM; echo up; while :; do sleep 0.1; done' >/dev/null; $UP; $B stop -t 1s $N >/dev/null; $B ls"
                try await host.expect(stubborn, toPrint: "stopped (137)")
            }
        }

        @Test func `kill sends the signal that is named`() async throws {
            try await withHost { host in
                let script =
                    "$D -- sh -c 'trap \"exit 5\" USR1; echo up; while :; do sleep 0.1; done' >/dev/null; $UP; $B kill -s USR1 $N >/dev/null; sleep 0.5; $B ls"
                try await host.expect(script, toPrint: "stopped (5)")
                try await host.expect(
                    "$B rm $N >/dev/null; $D -- sleep 60 >/dev/null; $B kill $N >/dev/null; $B ls",
                    toPrint: "stopped (137)"
                )
            }
        }

        @Test func `A name is one jail's`() async throws {
            try await withHost { host in
                let taken = try await host.sh("$D -- sleep 60 >/dev/null; $D -- true")
                #expect(taken.status == 125 && taken.complaints.contains("exists (running)"), "\(taken)")
                let near = try await host.sh("$B stop ${N}x")
                #expect(near.status == 1 && near.complaints.contains("did you mean \(host.name)?"), "\(near)")
            }
        }

        @Test func `--rm keeps nothing, and a jail without it keeps its record`() async throws {
            try await withHost { host in
                try await host.expect("$J -- true; $B ls -q; ls $BAILEY_ROOT/lib/jails", prints: "")
                try await host.expect("$B run --name $N --rootfs $R -- true; $B ls", toPrint: "stopped (0)")
            }
        }
    }
}
