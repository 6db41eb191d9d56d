import Testing

extension EndToEnd {
    @Suite("bad luck", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct CrashTests {
        /// A launcher is the child of the command that started it, or holds the lock of a directory below the state root.
        @Test("kill -9 at any moment leaves nothing that the next command does not clean", arguments: ["", "-d"])
        func killed(detached: String) async throws {
            try await withHost { host in
                for round in 0..<20 {
                    _ = try await host.sh(
                        """
                        $B run \(detached) --name $N-\(round) --rootfs $R -- sleep 30 >/dev/null 2>&1 & one=$!
                        sleep 0.0$((RANDOM % 4))$((RANDOM % 10))
                        kill -9 $one; wait $one
                        test -z "\(detached)" || for p in $(pgrep -x bailey-init); do
                            ls -l /proc/$p/fd 2>/dev/null | grep -q " $BAILEY_ROOT/" && kill -9 $p
                        done; true
                        """
                    )
                }
                // The launchers' children die a moment after them; `ls` alone then finds and cleans what they left.
                await Leftovers(host).expectClean("after kill -9", tidying: "$B ls -q")
            }
        }

        @Test func `Sixty-four jails at once, twenty times, leave nothing`() async throws {
            try await withHost { host in
                for _ in 0..<20 {
                    let script = "seq 64 | xargs -P 8 -I{} sh -c \"$J --name $N-{} -- true || echo failed {}\""
                    try await host.expect(script, timeout: 120, prints: "")
                }
                await Leftovers(host).expectClean("after 1280 jails")
            }
        }

        @Test func `Sixty-four detached jails run side by side and go together`() async throws {
            try await withHost { host in
                let start =
                    "seq 64 | xargs -P 64 -I{} $B run -d --name $N-{} --rootfs $R -- sleep 600 >/dev/null; $B ls | grep -c running"
                try await host.expect(start, timeout: 120, prints: "64")
                try await host.expect(
                    "$B ls -q | xargs -P 8 -n 8 $B rm --force >/dev/null; $B ls -q",
                    timeout: 120,
                    prints: ""
                )
                await Leftovers(host).expectClean("after 64 jails")
            }
        }
    }
}
