import Testing

extension EndToEnd {
    @Suite("logs", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct LogTests {
        @Test func `A detached jail's output is kept, by stream, also after its end`() async throws {
            try await withHost { host in
                let result = try await host.sh("$D -- sh -c 'echo out; echo err >&2' >/dev/null; sleep 0.5; $B logs $N")
                #expect(result.output == "out\n" && result.complaints == "err\n", "\(result)")
            }
        }

        @Test func `--tail shows the end, -f goes on until the jail's`() async throws {
            try await withHost { host in
                let script =
                    "$D -- sh -c 'seq 1 5; sleep 1; echo late' >/dev/null; sleep 0.4; $B logs --tail 2 $N; $B logs -f --tail 1 $N"
                try await host.expect(script, timeout: 20, prints: "4\n5\n5\nlate")
            }
        }

        @Test func `A flood neither blocks the guest nor outgrows logs.maxSize`() async throws {
            try await withHost { host in
                let script = """
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: %s }\\nspec:\\n  rootfs: %s\\n  logs: { maxSize: 64KiB }\\n' $N $R > $F/j.yaml
                    $B run -d -f $F/j.yaml -- sh -c 'yes a long line of text to fill the log with | head -n 100000; echo end' >/dev/null
                    timeout 40 $B logs -f --tail 1 $N | grep -cx end
                    du -sk --apparent-size $BAILEY_ROOT/lib/jails/$N | cut -f 1
                    """
                let lines = try await host.output(script).split(separator: "\n").compactMap { Int($0) }
                try #require(lines.count == 2)
                // The log and its rotated files, and a few for the plan and the filter.
                #expect(lines[0] == 1 && lines[1] < 64 * 12, "\(lines)")
            }
        }
    }
}
