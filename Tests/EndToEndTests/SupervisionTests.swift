import Foundation
import Testing

extension EndToEnd {
    @Suite("supervision", .serialized, .enabled(if: Place.canSupervise, "needs root, the built programs and curl"))
    struct SupervisionTests {
        private static let pid = "$B inspect $N | grep -o '\"pid\":[0-9]*'"

        @Test func `A supervisor that is killed and started again knows what runs and how others ended`() async throws {
            try await withSupervisor { host in
                let pid = try await host.supervised(
                    """
                    $B create --name $N --rootfs $R -- sleep 60 >/dev/null
                    $B create --name $N-b --rootfs $R -- sh -c 'sleep 1; exit 7' >/dev/null
                    $B start $N $N-b >/dev/null; \(Self.pid)
                    """
                )
                let same = try await host.supervised("crash; sleep 1.5; up; \(Self.pid)")
                #expect(pid == same)
                let list = try await host.eventually("$B ls", has: "stopped (7)")
                #expect(list.contains("stopped (7)") && list.contains("running"), "\(list)")
                // Adopted, it is watched: its end is noticed.
                _ = try await host.supervised("$B kill -s TERM $N")
                let end = try await host.eventually("$B ls", has: "stopped (143)")
                _ = try await host.supervised("$B rm $N $N-b")
                #expect(end.contains("stopped (143)") || end.contains("stopped (0)"), "\(end)")
            }
        }

        @Test func `A jail that ends is started again as its policy says, and left alone in a crash loop`() async throws
        {
            try await withSupervisor { host in
                try host.write(
                    "jails.yaml",
                    """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sh, -c, "sleep 0.05; exit 3"]
                      restart: { policy: on-failure, delay: 20ms, maxDelay: 50ms, limit: 3 }
                    """
                )
                _ = try await host.supervised("$B apply -f $F/jails.yaml")
                let events = try await host.eventually("$B events --jail $N", has: "crash-loop")
                #expect(events.contains("crash-loop") && events.contains("number 3 in a row"), "\(events)")
                #expect(try await host.supervised("$B ls").contains("failed"))
                _ = try await host.supervised("$B rm $N")
            }
        }

        @Test func `Files are applied once, again without a change, live where that is possible, and pruned`()
            async throws
        {
            try await withSupervisor { host in
                func file(_ memory: String, _ word: String) -> String {
                    """
                    apiVersion: bailey/v1
                    kind: Tenant
                    metadata: { name: t-\(host.name) }
                    spec:
                      bestEffort: [resources.memory.guarantee]
                      resources: { memory: { guarantee: 32MiB, max: 128MiB }, pids: { max: 200 } }
                    ---
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name), tenant: t-\(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sh, -c, "echo \(word); sleep 100"]
                      resources: { memory: { max: \(memory) } }
                    """
                }
                try host.write("d.yaml", file("64MiB", "one"))
                #expect(try await host.sh("$B plan -f $F/d.yaml").status == 2)
                _ = try await host.supervised("$B apply -f $F/d.yaml")
                #expect(try await host.supervised("$B apply -f $F/d.yaml") == "nothing to change")
                #expect(try await host.sh("$B plan -f $F/d.yaml").status == 0)
                func file(of group: String) -> String {
                    "cat $(find /sys/fs/cgroup -path '*/'\(group)/memory.limit_in_bytes -o -path '*/'\(group)/memory.max)"
                }
                let limit = file(of: "t-$N/$N")
                #expect(try await host.output(limit) == "67108864")
                #expect(try await host.output(file(of: "t-$N")) == "134217728")
                let pid = Self.pid
                let before = try await host.supervised(pid)
                try host.write("d.yaml", file("48MiB", "one"))
                #expect(try await host.supervised("$B apply -f $F/d.yaml").contains("~ jail"))
                #expect(try await host.output(limit) == "50331648")
                #expect(try await host.supervised(pid) == before)
                try host.write("d.yaml", file("48MiB", "two"))
                #expect(try await host.supervised("$B apply -f $F/d.yaml").contains("! jail"))
                let shared = try await host.supervised("$B tenant set t-$N memory.max=96MiB")
                #expect(shared.contains("128MiB → 96MiB"), "\(shared)")
                #expect(try await host.output(file(of: "t-$N")) == "100663296")
                #expect(try await host.supervised(pid) != before)
                let other = "apiVersion: bailey/v1\nkind: Tenant\nmetadata: { name: o-\(host.name) }\nspec: {}\n"
                try host.write("d.yaml", other)
                let pruned = try await host.supervised("$B apply --prune -f $F/d.yaml; $B ls -q")
                #expect(pruned.contains("- jail \(host.name)") && !pruned.hasSuffix(String(host.name)), "\(pruned)")
            }
        }

        @Test func `Limits are set live for a tenant's jails, and a set that cannot be is refused whole`() async throws
        {
            try await withSupervisor { host in
                let made = "$B create --name $N --tenant t-$N --memory 64MiB --rootfs $R -- sleep 60; $B start $N"
                _ = try await host.supervised(made)
                let set = try await host.supervised("$B set --tenant t-$N memory.max=32MiB pids.max=50")
                #expect(set.contains("resources.memory.max: 64MiB → 32MiB"), "\(set)")
                let wrong = try await host.sh("$B set $N hostname=x")
                #expect(wrong.status == 1 && wrong.complaints.contains("needs a new start"), "\(wrong)")
                // What was set holds after a restart, too.
                let again = "$B restart -t 0s $N >/dev/null; $B explain $N | grep memory.max"
                let explained = try await host.supervised(again)
                #expect(explained.contains("32MiB") && explained.contains("bailey set"), "\(explained)")
                _ = try await host.supervised("$B rm -f $N")
            }
        }

        @Test func `Limits that a jail never had hold for what enters it too, and leave nothing behind`() async throws {
            try await withSupervisor { host in
                let hog = "$B exec $N dd if=/dev/zero of=/dev/null bs=48M count=1"
                let script = """
                    $B create --name $N --tenant t-$N --rootfs $R -- sleep 60 >/dev/null; $B start $N >/dev/null
                    \(hog); echo $?; $B set $N memory.max=16MiB cpu.weight=50 >/dev/null; \(hog); echo $?
                    """
                let statuses = try await host.supervised(script).split(separator: "\n").filter { Int($0) != nil }
                #expect(statuses == ["0", "137"], "\(statuses)")
                // Forced below what is in use, the heaviest process ends and the limit holds.
                let forced = try await host.supervised(
                    """
                    $B set $N memory.max=64MiB; ($B exec $N dd if=/dev/zero of=/dev/null bs=40M count=1000000 &) ; sleep 1
                    $B set --force $N memory.max=8MiB; $B ls
                    """
                )
                #expect(forced.contains("64MiB → 8MiB") && forced.contains("running"), "\(forced)")
                _ = try await host.supervised("$B rm -f $N")
            }
        }

        @Test func `A limit that ended a jail is counted, whether somebody looked or not`() async throws {
            try await withSupervisor { host in
                let hog =
                    "$B create --name $N --tenant t-$N --memory 16MiB --rootfs $R -- "
                    + "sh -c 'dd if=/dev/zero of=/dev/null bs=64M count=1'"
                _ = try await host.supervised("\(hog); $B start $N")
                let events = try await host.eventually("$B events --jail $N", has: "oom.kill: 1 more")
                #expect(events.contains("oom.kill: 1 more"), "\(events)")
                // Nobody looks while it runs again; the next supervisor knows all the same.
                _ = try await host.supervised("crash; $B start $N")
                _ = try await host.eventually("$B ls", has: "stopped (137)")
                _ = try await host.supervised("up")
                let usage = try await host.eventually("$B tenant usage t-$N --json", has: "\"oom.kill\":2")
                #expect(usage.contains("\"oom.kill\":2"), "\(usage)")
                _ = try await host.supervised("$B rm $N")
            }
        }

        @Test func `A guarantee of processor time is a weight that outweighs all others together`() async throws {
            try await withSupervisor { host in
                let rest = "--tenant t-$N --rootfs $R -- sleep 60"
                _ = try await host.supervised(
                    """
                    $B create --name $N --cpus 100% \(rest); $B create --name $N-b --cpu-weight 300 \(rest)
                    $B start $N $N-b; $B set $N cpu.guarantee=50%
                    """
                )
                // Half a CPU of all but the reserve, which is a tenth of one.
                let capacity = Double(ProcessInfo.processInfo.activeProcessorCount) - 0.1
                let least = 0.5 / capacity
                func weight(_ name: String) -> String {
                    "cat $(find /sys/fs/cgroup -path '*/'t-$N/\(name)/cpu.shares -o -path '*/'t-$N/\(name)/cpu.weight | head -1)"
                }
                var share = 0.0
                for _ in 0..<50 where share < 0.98 * least {
                    try await Task.sleep(for: .milliseconds(100))
                    let (own, other) = (
                        Double(try await host.output(weight("$N"))) ?? 0,
                        Double(try await host.output(weight("$N-b"))) ?? 1
                    )
                    share = own / (own + other)
                }
                #expect(share >= 0.98 * least, "\(share) of \(least)")
                _ = try await host.supervised("$B rm -f $N $N-b")
            }
        }

        @Test func `Saved processor time is spent above the limit, and then the limit holds again`() async throws {
            try await withSupervisor { host in
                try host.write(
                    "d.yaml",
                    """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name), tenant: t-\(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sh, -c, "sleep 2; while true; do true; done"]
                      resources: { cpu: { max: 10%, bank: 1s, peak: 90% } }
                    """
                )
                _ = try await host.supervised("$B apply -f $F/d.yaml")
                let quota =
                    "cat $(find /sys/fs/cgroup -path '*/'t-$N/$N/cpu.cfs_quota_us -o -path '*/'t-$N/$N/cpu.max | head -1)"
                try await host.expect("\(quota) | cut -d' ' -f1", prints: "90000")
                var last = ""
                for _ in 0..<150 where last != "10000" {
                    try await Task.sleep(for: .milliseconds(200))
                    last = try await host.output("\(quota) | cut -d' ' -f1")
                }
                #expect(last == "10000")
                _ = try await host.supervised("$B rm -f $N")
            }
        }

        @Test func `A tenant has no more jails than it may, those of its parts included`() async throws {
            try await withSupervisor { host in
                try host.write(
                    "t.yaml",
                    """
                    apiVersion: bailey/v1
                    kind: Tenant
                    metadata: { name: r-\(host.name) }
                    spec: { jails: { max: 1 } }
                    ---
                    apiVersion: bailey/v1
                    kind: Tenant
                    metadata: { name: p-\(host.name) }
                    spec: { parent: r-\(host.name) }
                    """
                )
                func jail(_ name: String, _ tenant: String) -> String {
                    """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(name)-\(host.name), tenant: \(tenant)-\(host.name) }
                    spec: { rootfs: \(host.rootfs), command: [sleep, "60"] }
                    """
                }
                try host.write("a.yaml", jail("a", "p"))
                try host.write("b.yaml", jail("b", "r"))
                _ = try await host.supervised("$B apply -f $F/t.yaml; $B apply -f $F/a.yaml")
                let refused = try await host.sh("$B apply -f $F/b.yaml")
                #expect(refused.status == 1 && refused.complaints.contains("may have 1 jails"), "\(refused)")
                let busy = try await host.sh(
                    "curl -s -X DELETE --unix-socket $BAILEY_ROOT/run/bailey.sock http://b/v1/tenants/r-$N"
                )
                #expect(busy.output.contains("is part of it") || busy.output.contains("has jails"), "\(busy)")
                // The part's group lies below its parent's, and both go when nothing is in them.
                let place = "find /sys/fs/cgroup -type d -path '*/'r-$N/p-$N/a-$N | head -1 | grep -c ."
                #expect(try await host.output(place) == "1")
                _ = try await host.supervised("$B rm -f a-$N")
            }
        }

        @Test func `A guarantee that does not fit is refused with the sum`() async throws {
            try await withSupervisor { host in
                try host.write(
                    "d.yaml",
                    """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sleep, "60"]
                      resources: { cpu: { guarantee: 64 } }
                    """
                )
                let refused = try await host.sh("$B apply -f $F/d.yaml")
                #expect(refused.status == 1 && refused.complaints.contains("would fit"), "\(refused)")
                _ = try await host.supervised("$B rm $N")
            }
        }

        @Test func `Who is no operator sees no jails and changes nothing`() async throws {
            try await withSupervisor { host in
                _ = try await host.supervised("$B create --name $N --tenant t-$N --rootfs $R -- sleep 60")
                _ = try await host.supervised("chmod 755 $F $F/state $BAILEY_ROOT $BAILEY_ROOT/run")
                func nobody(_ request: String) async throws -> String {
                    let user = "setpriv --reuid 65534 --regid 65534 --clear-groups"
                    return try await host.supervised(
                        "\(user) curl -s --unix-socket $BAILEY_ROOT/run/bailey.sock \(request)"
                    )
                }
                #expect(try await nobody("http://b/v1/jails") == "[]")
                #expect(try await nobody("http://b/v1/jails/$N").contains("notFound"))
                #expect(try await nobody("-X POST http://b/v1/jails/$N/start").contains("notFound"))
                #expect(try await nobody("-X DELETE http://b/v1/jails/$N").contains("denied"))
                #expect(try await nobody("http://b/metrics").contains("denied"))
                _ = try await host.supervised("$B rm $N")
            }
        }

        @Test func `A tenant's users enter, look at and restart its jails, and nobody else's`() async throws {
            try await withSupervisor { host in
                try host.write(
                    "t.yaml",
                    "apiVersion: bailey/v1\nkind: Tenant\nmetadata: { name: t-\(host.name) }\nspec: { users: [nobody] }\n"
                )
                // A copy, because the programs under test may lie where only root may look.
                let setting = """
                    chmod 755 $F $F/state $BAILEY_ROOT $BAILEY_ROOT/run; mkdir -p $F/bin; cp $B $B-commands $F/bin
                    u() { setpriv --reuid 65534 --regid 65534 --clear-groups $F/bin/bailey "$@"; }

                    """
                _ = try await host.supervised(
                    """
                    $B apply -f $F/t.yaml
                    $B create --name $N --tenant t-$N --rootfs $R -- sh -c 'echo here; exec sleep 60'
                    $B create --name $N-b --rootfs $R -- sleep 60
                    $B start $N $N-b
                    """
                )
                func user(_ script: String) async throws -> String { try await host.supervised(setting + script) }
                #expect(try await user("u ls -q") == host.name)
                #expect(try await user("u exec $N sh -c 'echo in; exit 3'; echo $?") == "in\n3")
                #expect(try await user("echo through | u exec -i $N cat") == "through")
                let screen = try await user(
                    "python3 -c 'import pty; pty.spawn([\"setpriv\", \"--reuid\", \"65534\", \"--regid\", \"65534\", "
                        + "\"--clear-groups\", \"'$F'/bin/bailey\", \"exec\", \"-it\", \"'$N'\", \"tty\"])' </dev/null"
                )
                #expect(screen.contains("/dev/pts/0"), "\(screen)")
                #expect(try await user("u logs $N") == "here")
                #expect(try await user("u restart -t 0s $N") == host.name)
                let other = try await user("u exec $N-b true; echo $?; u logs $N-b; u set $N pids.max=9; u rm $N")
                #expect(other.contains("125") && other.contains("no jail is called \(host.name)-b"), "\(other)")
                #expect(
                    other.contains("removing a jail: only root") && other.contains("changing limits: only root"),
                    "\(other)"
                )
                // Whoever leaves takes his command along.
                let left = try await user(
                    """
                    setpriv --reuid 65534 --regid 65534 --clear-groups $F/bin/bailey exec $N sleep 77 &
                    for i in $(seq 50); do $B exec $N ps | grep -q 'sleep 77' && break; sleep 0.1; done; kill -9 $!
                    for i in $(seq 100); do $B exec $N ps | grep -q 'sleep 77' || break; sleep 0.1; done
                    $B exec $N ps | grep -c 'sleep 77'
                    """
                )
                #expect(left.hasPrefix("0"), "\(left)")
                _ = try await host.supervised("$B rm -f $N $N-b")
            }
        }

        @Test func `Metrics are what Prometheus' own client reads`() async throws {
            try await withSupervisor { host in
                let parse =
                    "import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as f; "
                    + "print(*sorted(m.name for m in f(sys.stdin.read())))"
                let names = try await host.supervised(
                    """
                    $B create --name $N --rootfs $R -- sleep 60 >/dev/null; $B start $N >/dev/null
                    curl -s --unix-socket $BAILEY_ROOT/run/bailey.sock http://b/metrics | /usr/bin/python3 -c '\(parse)'
                    $B rm -f $N >/dev/null
                    """
                )
                for name in ["bailey_capacity", "bailey_jail_memory_bytes", "bailey_jail_restarts", "bailey_jails"] {
                    #expect(names.contains(name), "\(names)")
                }
            }
        }

        @Test func `Requests of any shape are answered or dropped, and others are served meanwhile`() async throws {
            try await withSupervisor { host in
                let odd = """
                    c="curl -s -m 5 --unix-socket $BAILEY_ROOT/run/bailey.sock"
                    head -c 3000000 /dev/zero >$F/big
                    $c -X PUT --data-binary @$F/big http://b/v1/jails/x | grep -c larger
                    $c -X PUT --data 'nonsense' http://b/v1/jails/x | grep -c 'not the JSON'
                    $c -H "X: $(head -c 60000 /dev/zero | tr '\\0' a)" http://b/v1/version >/dev/null
                    $c --path-as-is http://b/v1/jails/../../etc/passwd >/dev/null
                    $c -X POST http://b/v1/jails/%2e%2e%2fx/start | grep -cE 'invalid|notFound'
                    timeout 2 python3 - 2>/dev/null <<'EOF'
                    import socket,os
                    s=socket.socket(socket.AF_UNIX); s.connect(os.environ['BAILEY_ROOT']+'/run/bailey.sock')
                    s.sendall(os.urandom(100000))
                    EOF
                    python3 - <<'EOF' &
                    import socket,os,time
                    held=[]
                    for _ in range(200):
                        s=socket.socket(socket.AF_UNIX); s.connect(os.environ['BAILEY_ROOT']+'/run/bailey.sock')
                        s.send(b'GET /v1/ver'); held.append(s)
                    time.sleep(3)
                    EOF
                    sleep 1; $c http://b/v1/version | grep -c '"api"'; wait %1
                    """
                let answers = try await host.supervised(odd)
                #expect(answers.split(separator: "\n").allSatisfy { $0 == "1" }, "\(answers)")
            }
        }

        @Test(arguments: [
            "create:begun", "create:done", "start:before", "start:begun", "start:done", "start:finished", "stop:begun",
            "stop:done", "stop:finished", "remove:begun", "remove:done", "update:begun", "recreate:begun",
            "recreate:done",
        ])
        func `Killed at any step, it finishes or undoes it, and nothing is left over`(point: String) async throws {
            try await withSupervisor(start: false) { host in
                func file(_ word: String, _ pids: Int) -> String {
                    """
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: \(host.name) }
                    spec:
                      rootfs: \(host.rootfs)
                      command: [sh, -c, "echo \(word); sleep 100"]
                      resources: { pids: { max: \(pids) } }
                      restart: { policy: unless-stopped }
                    """
                }
                try host.write("a.yaml", file("a", 50))
                try host.write("b.yaml", file("a", 60))
                try host.write("c.yaml", file("c", 60))
                _ = try await host.supervised(
                    """
                    export BAILEYD_CRASH_AT=\(point); up; unset BAILEYD_CRASH_AT
                    back() { alive || up; }
                    $B apply -f $F/a.yaml; back
                    $B apply -f $F/a.yaml; back; $B start $N; back
                    $B apply -f $F/b.yaml; back
                    $B apply -f $F/c.yaml; back
                    $B stop -t 1s $N; back
                    true
                    """
                )
                let list = try await host.supervised("alive || up; $B ls")
                #expect(list.contains("stopped") || list.contains("created"), "\(list)")
                let removal = "$B rm -f $N; alive || { sleep 0.2; up; }; $B rm -f $N 2>/dev/null; $B ls -q"
                let gone = try await host.supervised(removal)
                #expect(!gone.contains(host.name) || gone == String(host.name), "\(gone)")
                let journal =
                    "sqlite3 $BAILEY_ROOT/lib/state.sqlite 'select count(*) from journal' 2>/dev/null || echo 0"
                try await host.expect(journal, prints: "0")
            }
        }
    }
}

extension Place {
    static let canSupervise =
        canRunJails && supervisor != nil && FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")
}

extension Host {
    /// Runs a script that knows `up`, `crash`, `down` and `alive`.
    func supervised(_ script: String, timeout: Int = 60) async throws -> String {
        let functions = """
            up() {
                setsid \(Place.supervisor ?? "") >>$F/baileyd.log 2>&1 </dev/null & echo $! >$F/baileyd.pid
                for i in $(seq 200); do alive && return; sleep 0.05; done; cat $F/baileyd.log >&2; return 1
            }
            alive() { curl -s -m 2 --unix-socket $BAILEY_ROOT/run/bailey.sock http://b/v1/version >/dev/null; }
            crash() { kill -9 $(cat $F/baileyd.pid); }
            down() {
                kill $(cat $F/baileyd.pid) 2>/dev/null
                while kill -0 $(cat $F/baileyd.pid) 2>/dev/null; do sleep 0.02; done
            }

            """
        let result = try await sh(functions + script, timeout: timeout)
        let complaints = result.complaints.split(separator: "\n").filter { !$0.contains("warning") }
        return (result.output + complaints.joined(separator: "\n")).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs a script until its output has a part, for some seconds; what it printed last.
    func eventually(_ script: String, has part: String) async throws -> String {
        var last = ""
        for _ in 0..<60 {
            last = try await supervised(script)
            if last.contains(part) { break }
            try await Task.sleep(for: .milliseconds(150))
        }
        return last
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    }
}

/// Gives `body` a host with a supervisor; afterwards both are gone, and nothing of them is left.
func withSupervisor(start: Bool = true, _ body: (Host) async throws -> Void) async throws {
    try await withHost { host in
        if start { _ = try await host.supervised("up") }
        var failure: (any Error)?
        do { try await body(host) } catch { failure = error }
        _ = try await host.supervised("alive || up; down")
        if let failure { throw failure }
    }
}
