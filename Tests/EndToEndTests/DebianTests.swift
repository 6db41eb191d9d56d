import Testing

extension EndToEnd {
    /// Real guests.
    ///
    /// They need templates that take minutes to build, so the store is made once: `BAILEY_TEST_STORE`.
    @Suite("Debian", .serialized)
    struct DebianTests {
        private func inDebian(_ template: String, _ flags: String, _ command: String) async throws -> String {
            var printed = ""
            try await withHost(state: Place.store) { host in
                printed = try await host.output(
                    "$B run --rm --name $N --template \(template) \(flags) -- \(command)",
                    timeout: 120
                )
            }
            return printed
        }

        @Test(.enabled(if: Place.has("debian"), "no template debian in BAILEY_TEST_STORE"))
        func `dpkg, apt-get, perl and ping work`() async throws {
            #expect(try await inDebian("debian", "", "dpkg -l").contains("ii  dpkg"))
            #expect(try await inDebian("debian", "", "apt-get --version").hasPrefix("apt "))
            #expect(try await inDebian("debian", "", "perl -e 'print 6 * 7'") == "42")
            #expect(try await inDebian("debian", "", "ping -c 1 127.0.0.1").contains("1 received"))
        }

        @Test(.enabled(if: Place.has("debian-build"), "no template debian-build in BAILEY_TEST_STORE"))
        func `A C program is compiled and runs`() async throws {
            let script =
                ##"sh -c 'printf "#include <stdio.h>\nint main(void) { puts(\"compiled\"); return 0; }\n" > /tmp/a.c && gcc -o /tmp/a /tmp/a.c && /tmp/a'"##
            #expect(try await inDebian("debian-build", "", script) == "compiled")
        }

        @Test(.enabled(if: Place.has("debian"), "no template debian in BAILEY_TEST_STORE"))
        func `sysvinit boots to cron, su changes user, and stop is an orderly shutdown`() async throws {
            try await withHost(state: Place.store) { host in
                let script = """
                    $B run -d --name $N --template debian --profile system/debian >/dev/null
                    for i in $(seq 100); do $B ps $N | grep -q cron && break; sleep 0.1; done
                    $B ps $N | grep -c '[ /]cron'; $B exec $N su -s /bin/sh -c 'id -un' nobody
                    $B exec -u nobody $N mount -t tmpfs none /mnt 2>/dev/null || echo refused
                    $B exec $N sh -c 'mount -t tmpfs none /mnt && echo mounted'
                    $B stop $N >/dev/null; $B ls | grep -o 'stopped ([0-9]*)'
                    """
                try await host.expect(script, timeout: 120, prints: "1\nnobody\nrefused\nmounted\nstopped (0)")
            }
        }

        @Test(.enabled(if: Place.has("debian-web"), "no template debian-web in BAILEY_TEST_STORE"))
        func `nginx and php-fpm answer a request made inside`() async throws {
            try await withHost(state: Place.store) { host in
                let script = """
                    $B run -d --name $N --template debian-web --profile system/debian >/dev/null
                    printf '<?php echo 6 * 7;' | $B exec -i $N sh -c 'cat > /var/www/html/e2e.php'
                    get='exec 3<>/dev/tcp/127.0.0.1/80; printf "GET /e2e.php HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" >&3; cat <&3'
                    for i in $(seq 100); do $B exec $N bash -c "$get" 2>/dev/null | tail -n 1 | grep 42 && break; sleep 0.2; done
                    """
                try await host.expect(script, timeout: 120, prints: "42")
            }
        }

        @Test(
            .enabled(if: Place.has("debian-stress"), "no template debian-stress in BAILEY_TEST_STORE"),
            arguments: [
                "--cpu 2", "--vm 1 --vm-bytes 64M", "--fork 2", "--hdd 1 --hdd-bytes 8M", "--sock 1",
            ]
        )
        func `stress-ng runs under limits`(what: String) async throws {
            let limits = "--memory 256MiB --cpus 0.5 --pids 64"
            _ = try await inDebian("debian-stress", limits, "stress-ng \(what) --timeout 3 --temp-path /tmp")
        }
    }
}
