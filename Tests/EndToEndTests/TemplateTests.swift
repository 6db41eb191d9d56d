import Testing

extension EndToEnd {
    @Suite("templates and the rest", .serialized, .enabled(if: Place.canRunJails, "needs root and the built programs"))
    struct TemplateTests {
        @Test func `busybox is built, listed, run, exported, imported and removed`() async throws {
            try await withHost { host in
                let built = try await host.output("$B template build -q busybox 2>/dev/null", timeout: 120)
                #expect(built.hasPrefix("busybox sha256-"))
                let again = try await host.sh("$B template build busybox")
                #expect(again.complaints.contains("nothing has changed"), "\(again)")
                try await host.expect("$B run --rm --template busybox -- id -u", prints: "0")
                #expect(
                    try await host.output(
                        "$B template export -o $F/t.tar busybox && $B template import $F/t.tar copy | cut -d ' ' -f 1"
                    ).hasSuffix("copy")
                )
                try await host.expect("$B run --rm --template copy -- sh -c 'echo in copy'", prints: "in copy")
                #expect(
                    try await host.output(
                        "$B template rm copy busybox >/dev/null; $B template ls | grep -v 'not built' | grep -c ' built '; true"
                    ) == "0"
                )
            }
        }

        @Test func `A jail's changes do not reach its template or its neighbours`() async throws {
            try await withHost { host in
                let script = """
                    $B template build -q busybox >/dev/null 2>&1
                    $B run --rm --template busybox -- sh -c 'echo x > /etc/passwd; touch /new'
                    $B run --rm --template busybox -- sh -c 'ls /new 2>/dev/null; head -n 1 /etc/passwd | cut -d : -f 1'
                    """
                try await host.expect(script, timeout: 120, prints: "root")
            }
        }

        @Test func `A mount point that a template lacks is not made in the layer that all share`() async throws {
            try await withHost { host in
                let script = """
                    $B template build -q busybox >/dev/null 2>&1; mkdir $F/data
                    $B run --rm --read-only --template busybox -v $F/data:/lacking -- sh -c 'ls -d /lacking; touch /x 2>/dev/null || echo sealed'
                    ls -d $BAILEY_ROOT/lib/layers/*/rootfs/lacking 2>/dev/null || echo untouched
                    """
                try await host.expect(script, timeout: 120, prints: "/lacking\nsealed\nuntouched")
            }
        }

        @Test func `A tree of ten thousand levels made by a tenant is removed`() async throws {
            try await withHost { host in
                let script = """
                    $B template build -q busybox >/dev/null 2>&1
                    $B run --name $N --template busybox -- sh -c 'cd /tmp; p=d; for i in $(seq 99); do p=$p/d; done; for i in $(seq 100); do mkdir -p new/$p; test $i = 1 || mv tree new/$p/d; mv new tree; done'
                    echo $?; $B rm $N >/dev/null; echo $?; ls $BAILEY_ROOT/lib/jails
                    """
                try await host.expect(script, timeout: 120, prints: "0\n0")
            }
        }

        @Test func `completion scripts load, version says a number, doctor examines`() async throws {
            try await withHost { host in
                try await host.expect("$B completion bash | bash -n && echo loads", prints: "loads")
                #expect(try await host.output("$B completion zsh | head -n 1").hasPrefix("#compdef bailey"))
                #expect(try await host.output("$B completion fish | grep -c 'complete -c'") != "0")
                #expect(try await host.output("$B version").hasPrefix("bailey "))
                try await host.expect("$B doctor", toPrint: "cgroup")
                #expect(try await host.sh("$B completion ksh").status == 1)
            }
        }
    }
}
