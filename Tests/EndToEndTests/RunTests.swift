import Testing

extension EndToEnd {
    @Suite("bailey run", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct RunTests {
        @Test(
            "exits as the guest did, and by docker's codes when there was none",
            arguments: [
                ("$J -- true", 0), ("$J -- sh -c 'exit 7'", 7), ("$J -- /no/such", 127), ("$J -- /etc/passwd", 126),
                ("$J -- sh -c 'kill -9 $$'", 137), ("$J -- sh -c 'kill -TERM $$'", 143), ("$J --memory 1 -- true", 125),
            ]
        )
        func exitCodes(script: String, status: Int32) async throws {
            try await withHost { host in
                let result = try await host.sh(script)
                #expect(result.status == status, "\(result)")
            }
        }

        @Test func `Shows the guest nothing of the command line and environment it was started with`() async throws {
            try await withHost { host in
                let script =
                    "SECRET=hunter2 $J %@ --label hunter2=yes -- sh -c 'cat /proc/1/cmdline /proc/1/comm; cat /proc/1/environ'"
                for way in ["", "--json"] {
                    let result = try await host.sh(script.replacing("%@", with: way))
                    #expect(!result.output.contains("hunter2") && !result.output.contains(host.folder), "\(result)")
                    #expect(result.output.contains("bailey-init"), "\(result)")
                }
            }
        }

        @Test func `Keeps the two output streams apart`() async throws {
            try await withHost { host in
                let result = try await host.sh("$J -- sh -c 'echo one; echo two >&2'")
                #expect(result.output == "one\n" && result.complaints == "two\n", "\(result)")
            }
        }

        @Test func `Passes a mebibyte each way through pipes, byte for byte`() async throws {
            try await withHost { host in
                let script = """
                    head -c 1048576 /dev/urandom > $F/sent
                    cat $F/sent | $J -i -- cat | cat > $F/received
                    cmp $F/sent $F/received && wc -c < $F/received
                    """
                try await host.expect(script, prints: "1048576")
            }
        }

        @Test func `Gives no input unless asked to`() async throws {
            try await withHost { host in
                try await host.expect("echo hello | $J -- wc -c", prints: "0")
                try await host.expect("echo hello | $J -i -- wc -c", prints: "6")
            }
        }

        @Test(
            "sets what its flags say",
            arguments: [
                ("-e A=b -- sh -c 'echo $A'", "b"), ("-w /tmp -- pwd", "/tmp"), ("-u web -- id -u", "33"),
                ("-u 5:6 -- sh -c 'id -u; id -g'", "5\n6"), ("--hostname web1 -- hostname", "web1"),
                ("--tmpfs /volume -- sh -c 'stat -f -c %T /volume'", "tmpfs"),
                ("--ulimit nofile=77:88 -- sh -c 'ulimit -Sn; ulimit -Hn'", "77\n88"),
                ("--sysctl kernel.shmmni=99 -- cat /proc/sys/kernel/shmmni", "99"),
                ("--add-host db:10.1.2.3 -- grep db /etc/hosts", "10.1.2.3\tdb"),
                ("--shm-size 4MiB -- sh -c 'df -k /dev/shm | tail -n 1 | tr -s \" \" | cut -d \" \" -f 2'", "4096"),
                ("--read-only -- sh -c 'touch /x 2>/dev/null || echo closed'", "closed"),
                ("--cap-drop ALL -- grep CapEff /proc/self/status", "CapEff:\t0000000000000000"),
                ("--cap-drop ALL --cap-add CHOWN -- grep CapEff /proc/self/status", "CapEff:\t0000000000000001"),
                ("--seccomp unconfined -- grep Seccomp: /proc/self/status", "Seccomp:\t0"),
                ("-- grep Seccomp: /proc/self/status", "Seccomp:\t2"),
            ]
        )
        func flags(line: String, printed: String) async throws {
            try await withHost { host in
                let output = try await host.output("$J " + line)
                #expect(output.replacing(" ", with: "\t") == printed.replacing(" ", with: "\t"))
            }
        }

        @Test func `Shares a directory that root owns on both sides, and closes it with ro`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    """
                    mkdir $F/shared; echo hi > $F/shared/file
                    $J -v $F/shared:/volume -- sh -c 'stat -c %u /volume/file; cat /volume/file; touch /volume/made'
                    stat -c %u $F/shared/made
                    $J -v $F/shared:/volume:ro -- sh -c 'touch /volume/more 2>&1 | grep -o "Read-only.*"'
                    ls $F/shared
                    """
                )
                #expect(output == "0\nhi\n0\nRead-only file system\nfile\nmade")
            }
        }

        @Test func `Takes a profile from a file, and flags over it`() async throws {
            try await withHost { host in
                let script = """
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: filed }\\nspec:\\n  rootfs: %s\\n  hostname: a\\n' $R > $F/j.yaml
                    printf '  environment: { X: y }\\n' >> $F/j.yaml
                    $B run --rm -f $F/j.yaml -- sh -c 'hostname; echo $X'
                    $B run --rm -f $F/j.yaml --hostname b -- hostname
                    """
                try await host.expect(script, prints: "a\ny\nb")
            }
        }

        @Test func `Uptime starts at zero`() async throws {
            try await withHost { host in
                let uptime = try await host.output("$J -- cut -d ' ' -f 1 /proc/uptime")
                #expect((Double(uptime) ?? 1e9) < 5)
            }
        }

        @Test func `Each jail has an id range of its own`() async throws {
            try await withHost { host in
                let output = try await host.output(
                    "$D -- sleep 60 >/dev/null; $B exec $N cat /proc/self/uid_map; $J -- cat /proc/self/uid_map"
                )
                let maps = output.split(separator: "\n").map { $0.split(separator: " ").compactMap { UInt32($0) } }
                try #require(maps.count == 2 && maps.allSatisfy { $0.count == 3 && $0[0] == 0 && $0[2] == 65536 })
                #expect(maps[0][1] != maps[1][1])
                #expect(maps[0][1] % 65536 == 0 && maps[1][1] % 65536 == 0)
            }
        }
    }
}
