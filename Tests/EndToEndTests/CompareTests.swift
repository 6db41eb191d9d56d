import Foundation
import Testing

extension EndToEnd {
    @Suite(
        "bailey compare",
        .serialized,
        .enabled(if: Place.testsComparison, "needs root, the built programs, and BAILEY_TEST_COMPARISON")
    )
    struct CompareTests {
        @Test func `Measures, keeps every sample, and makes the same report again`() async throws {
            try await withHost { host in
                let result = try await host.sh(
                    """
                    $B compare --seconds 15 --seed 7 --subject jail,shim,uml --workload start,syscall,integer \
                        --json $F/b.json --html $F/b.html >$F/table 2>/dev/null || exit 1
                    $B compare report $F/b.json --html $F/c.html >$F/again; cmp $F/table $F/again; cmp $F/b.html $F/c.html
                    $B compare diff $F/b.json $F/b.json >$F/diff; cat $F/table; tail -n 1 $F/b.json; ls $BAILEY_ROOT/lib/compare
                    """,
                    timeout: 90
                )
                #expect(result.status == 0, "\(result)")
                let lines = result.output.split(separator: "\n").map(String.init)
                func row(_ workload: String, _ subject: String) -> String? {
                    lines.first {
                        $0.split(separator: " ").prefix(2).elementsEqual([Substring(workload), Substring(subject)])
                    }
                }
                #expect(row("syscall", "jail") != nil && row("start", "jail") != nil, "\(result)")
                #expect(row("integer", "shim")?.contains("slower") == true, "\(result)")
                #expect(result.output.contains("uml: did not run"), "\(result)")
                #expect(lines.last == "{\"end\":true}", "nothing is left of the run: \(result)")
            }
        }

        @Test func `A run that is killed leaves no process, and its samples can be reported`() async throws {
            try await withHost { host in
                let result = try await host.sh(
                    """
                    $B compare --seconds 60 --subject jail --workload syscall,call --json $F/b.json >/dev/null 2>&1 & one=$!
                    for i in $(seq 100); do [ "$(wc -l 2>/dev/null < $F/b.json || echo 0)" -gt 40 ] && break; sleep 0.2; done
                    kill -9 $one; wait $one; sleep 2
                    $B compare report $F/b.json; $B ls -q
                    """,
                    timeout: 90
                )
                #expect(result.output.contains("did not come to its end"), "\(result)")
            }
        }

        @Test(arguments: ["--subject nothing", "--workload nothing", "--quick --full", "report /no/such"])
        func `Says what is wrong with a line`(_ line: String) async throws {
            try await withHost { host in
                let result = try await host.sh("$B compare \(line)")
                #expect(result.status != 0 && !result.complaints.isEmpty, "\(result)")
            }
        }
    }
}
