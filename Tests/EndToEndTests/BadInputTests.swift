import Testing

extension EndToEnd {
    @Suite("bad input", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct BadInputTests {
        @Test(
            "names what is wrong and what was probably meant, and starts nothing",
            arguments: [
                ("--seccomp defualt", "did you mean default?"), ("--cap-add NET_ADMN", "did you mean NET_ADMIN?"),
                ("--memory 64", "did you mean 64MiB?"), ("--memory 64Mi", "did you mean 64MiB?"),
                ("--memry 64MiB", "did you mean --memory?"),
                ("--ulimit nofiel=1", "did you mean nofile?"), ("-v /no/such:/volume", "/no/such"),
                ("--hostname a..b_", "hostname"), ("-u nobdy", "nobdy"),
            ]
        )
        func flags(flag: String, said: String) async throws {
            try await withHost { host in
                let result = try await host.sh("$J \(flag) -- touch /started")
                #expect(result.status == 125 && result.complaints.contains(said), "\(result)")
                try await host.expect(
                    "ls $R/started 2>/dev/null; $B ls -q; ls $BAILEY_ROOT/lib/jails 2>/dev/null; true",
                    prints: ""
                )
            }
        }

        @Test(
            "a misspelt command is told which one was probably meant",
            arguments: [
                ("strat web1", "bailey strat: no such command: did you mean bailey start?"),
                ("template bulid x", "bailey template bulid: no such command: did you mean bailey template build?"),
                ("frobnicate", "bailey frobnicate: no such command: bailey --help lists all"),
            ]
        )
        func commands(line: String, said: String) async throws {
            try await withHost { host in
                let result = try await host.sh("$B \(line)")
                #expect(result.status == 64 && result.complaints.contains(said), "\(result)")
            }
        }

        @Test func `A template that is none is said to be none`() async throws {
            try await withHost { host in
                let result = try await host.sh("$B run --rm --template busybx -- true")
                #expect(result.status == 125 && result.complaints.contains("\"busybx\""), "\(result)")
            }
        }

        @Test func `A profile is told all its mistakes at once, each with line and column`() async throws {
            try await withHost { host in
                let result = try await host.sh(
                    """
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nspec:\\n  rootfs: %s\\n  hostnme: a\\n  resources: { memory: { max: 12 } }\\n' $R > $F/j.yaml
                    $B run --rm -f $F/j.yaml -- true
                    """
                )
                #expect(result.status == 125, "\(result)")
                #expect(
                    result.complaints.contains("j.yaml:5:3") && result.complaints.contains("did you mean hostname?"),
                    "\(result)"
                )
                #expect(
                    result.complaints.contains("j.yaml:6:") && result.complaints.contains("did you mean 12MiB?"),
                    "\(result)"
                )
            }
        }

        @Test func `A misspelt system call in a policy is refused with its place`() async throws {
            try await withHost { host in
                let result = try await host.sh(
                    """
                    printf 'apiVersion: bailey/v1\\nkind: SeccompPolicy\\nmetadata: { name: mine }\\nspec:\\n  default: errno EPERM\\n  allow: [ reed ]\\n' > $F/p.yaml
                    $J --seccomp $F/p.yaml -- true
                    """
                )
                #expect(result.status == 125 && result.complaints.contains("p.yaml:"), "\(result)")
            }
        }

        @Test func `Who is not root is told so`() async throws {
            try await withHost { host in
                let result = try await host.sh("setpriv --reuid 65534 --clear-groups $J -- true")
                #expect(result.status == 125 && result.complaints.contains("root"), "\(result)")
            }
        }

        @Test(
            "that fails at some stage of a start leaves nothing",
            arguments: [
                "mkdir $F/s; $J --read-only -v $F/s:/no/target -- true", "$J --cpuset-cpus 900 -- true",
                "rm -r $R/proc; ln -s /etc $R/proc; $J -- true", "rm -r $R/dev; ln -s /tmp $R/dev; $J -- true",
                "$B run --rm --rootfs $F/nowhere -- true", "$J -w /no/where -- true",
                "$J --sysctl kernel.nosuch=1 -- true",
            ]
        )
        func stages(script: String) async throws {
            try await withHost { host in
                for way in [script, script.replacing("$J", with: "$D").replacing("run --rm", with: "run -d")] {
                    let result = try await host.sh(way)
                    #expect(result.status == 125 || result.status == 0, "\(result)")
                    if result.status != 0 { #expect(result.complaints.hasPrefix("bailey: "), "\(result)") }
                    _ = try await host.sh("$B rm --force $N; mkdir -p $R/proc $R/dev; rm -rf $F/s")
                    await Leftovers(host).expectClean(way)
                }
            }
        }
    }
}
