import Foundation
import Testing

extension EndToEnd {
    @Suite("limits hold", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct LimitTests {
        @Test func `Too much memory ends the guest, and nothing else`() async throws {
            try await withHost { host in
                let greedy = "dd if=/dev/zero of=/dev/null bs=200M count=1"
                _ = try await host.output("$D -- sleep 60")
                #expect(try await host.sh("$J --memory 32MiB -- \(greedy)").status == 137)
                #expect(try await host.sh("$J --memory 400MiB -- \(greedy)").status == 0)
                try await host.expect("$B ls", toPrint: "running")
            }
        }

        @Test func `A fork bomb stops at the most processes`() async throws {
            try await withHost { host in
                let script = """
                    $D --pids 20 -- sh -c 'b() { b & b & wait; }; b & exec tail -f /dev/null' >/dev/null 2>&1
                    sleep 1; $B stats --json $N; $B kill $N >/dev/null
                    """
                let figures = try await host.output(script)
                let jails = try #require(try JSONSerialization.jsonObject(with: Data(figures.utf8)) as? [[String: Any]])
                #expect(
                    (jails.first?["pids"] as? Int ?? 1000) <= 20 && (jails.first?["pidsMaxEvents"] as? Int ?? 0) > 0,
                    "\(figures)"
                )
            }
        }

        /// Time on the processor is what the limit counts, so a busy machine can only lower it: the share is compared with
        /// the limit from above, and from below in the best of three rounds.
        @Test func `Half a processor is half a processor`() async throws {
            try await withHost { host in
                let script = """
                    $D --cpus 0.5 -- sh -c 'while :; do :; done' >/dev/null; sleep 0.3
                    t() { date +%s%N; $B stats --json $N | grep -o 'cpuNanoseconds":[0-9]*' | cut -d : -f 2; date +%s%N; }
                    t; sleep 4; t
                    """
                var best = 0.0
                for round in 0..<3 where best < 0.45 {
                    let cleaned = round == 0 ? script : "$B rm --force $N >/dev/null; " + script
                    let n = try await host.output(cleaned).split(separator: "\n").compactMap { Double($0) }
                    try #require(n.count == 6)
                    best = max(best, (n[4] - n[1]) / ((n[3] + n[5]) / 2 - (n[0] + n[2]) / 2))
                }
                #expect(abs(best - 0.5) <= 0.05, "a share of \(best)")
            }
        }

        @Test func `explain names the limit, who set it, and what the kernel says now`() async throws {
            try await withHost { host in
                let profile =
                    "printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: %s }\\nspec:\\n  rootfs: %s\\n  resources:\\n    memory: { max: 48MiB }\\n' $N $R > $F/j.yaml"
                let file = try await host.output("\(profile); $B explain $F/j.yaml | grep memory.max")
                #expect(file.contains("48MiB") && file.contains("j.yaml:7"), "\(file)")
                let jail = try await host.output(
                    "$B run -d -f $F/j.yaml -- sleep 60 >/dev/null; $B explain $N | grep memory.max"
                )
                #expect(jail.contains("j.yaml:7") && jail.hasSuffix(" \(48 << 20)"), "\(jail)")
                let json = try await host.output("$B explain --json $N")
                let values = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
                #expect(
                    (values?["values"] as? [[String: Any]])?.contains { $0["now"] as? String == "\(48 << 20)" } == true
                )
            }
        }
    }
}
