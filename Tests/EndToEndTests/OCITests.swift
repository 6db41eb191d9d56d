import Foundation
import Testing

extension EndToEnd {
    /// The built runtime, driven as an engine drives it: a bundle in a folder, one command after another.
    ///
    /// Scripts see `O`, the runtime with a state directory of its own, and `C FILTER`, which changes config.json by jq-like
    /// Python: `C "c['process']['args']=['true']"`.
    @Suite(
        "bailey-oci does what an engine asks of an OCI runtime",
        .enabled(if: Place.canRunJails, "needs root and the built programs")
    )
    struct OCI {
        private static let prologue = """
            set -e; cd $F; O="$(dirname $B)/bailey-oci --root $F/oci"; $O spec
            C() { python3 -c "import json,sys; c=json.load(open('config.json')); exec(sys.argv[1]); json.dump(c,open('config.json','w'))" "$1"; }
            C "c['process']['terminal']=False; c['linux']['cgroupsPath']='/bailey-oci-e2e/$N'; c['root']['path']='rootfs'"
            run() { C "c['process']['args']=['sh','-c','''$1''']"; $O run $N; }
            trap 'set +e; $O delete --force $N; rmdir /sys/fs/cgroup/*/bailey-oci-e2e 2>/dev/null; true' EXIT

            """

        private func sh(_ script: String) async throws -> Finished {
            let host = try Host()
            defer { try? FileManager.default.removeItem(atPath: host.folder) }
            let result = try await host.sh(Self.prologue + script)
            let left = try await host.sh(
                "ls $F/oci 2>/dev/null; ls -d /sys/fs/cgroup/*/bailey-oci-e2e/$N 2>/dev/null; true"
            )
            #expect(left.output.isEmpty, "left behind: \(left.output)")
            return result
        }

        private func expect(
            _ script: String,
            prints expected: String,
            _ location: SourceLocation = #_sourceLocation
        ) async throws {
            let result = try await sh(script)
            #expect(result.status == 0, "\(result)", sourceLocation: location)
            let printed = result.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(printed == expected, "\(result)", sourceLocation: location)
        }

        @Test("run prints the program's output and ends with its status")
        func run() async throws {
            let result = try await sh("set +e; run 'echo hello; exit 7'; echo $?")
            #expect(result.output == "hello\n7\n", "\(result)")
        }

        @Test("a container is created, running and stopped, and can be deleted only when it has stopped")
        func life() async throws {
            try await expect(
                """
                C "c['process']['args']=['sleep','100']"
                status() { $O state $N | grep '"status"' | tr -d ' ",'; }
                $O create --pid-file pid $N </dev/null >/dev/null; status
                test "$(cat pid)" = "$($O state $N | grep -o '"pid": [0-9]*' | cut -d' ' -f2)"
                $O delete $N.other 2>/dev/null || echo no such
                $O start $N; status; $O start $N 2>/dev/null || echo not again
                $O delete $N 2>/dev/null || echo not yet
                $O kill $N KILL; for i in $(seq 100); do status | grep -q stopped && break; sleep 0.02; done; status
                $O delete $N; $O state $N 2>/dev/null || echo gone
                """,
                prints: """
                    status:created
                    no such
                    status:running
                    not again
                    not yet
                    status:stopped
                    gone
                    """
            )
        }

        @Test("exec runs beside it, with the container's limits and ids, and ends with the program's status")
        func exec() async throws {
            let result = try await sh(
                """
                C "c['process']['args']=['sleep','100']"; $O run -d $N >/dev/null </dev/null
                $O exec --user 33:33 --env A=b $N sh -c 'id -u; echo $A; ps | wc -l'
                set +e; $O exec $N sh -c 'exit 5'; echo $?; $O exec $N no-such-program; echo $?
                $O pause $N; $O exec $N true 2>&1 | grep -c paused; $O resume $N; $O exec $N echo resumed
                """
            )
            #expect(result.output == "33\nb\n5\n5\n255\n1\nresumed\n", "\(result)")
            #expect(result.complaints.contains("executable file `no-such-program` not found in $PATH"))
        }

        @Test("a program that is not there fails the creation, and nothing is left")
        func missingProgram() async throws {
            let result = try await sh("set +e; C \"c['process']['args']=['/no/such']\"; $O create $N; echo $?")
            #expect(result.output == "1\n")
            #expect(result.complaints.contains("no such file or directory"))
        }

        @Test("whoever may read everything may execute it too: the user's capabilities count")
        func executesByCapability() async throws {
            try await expect(
                """
                mkdir rootfs/own; cp /bin/busybox rootfs/own/echo; chown 0:0 rootfs/own/echo; chmod 700 rootfs/own/echo
                C "c['process']['user']={'uid':1000,'gid':100}; c['process']['args']=['/own/echo','ran']"
                $O run $N 2>/dev/null || echo refused
                for set in bounding effective inheritable ambient permitted; do
                    C "c['process']['capabilities'].setdefault('$set',[]).append('CAP_DAC_OVERRIDE')"
                done
                $O run $N
                """,
                prints: "refused\nran"
            )
        }

        @Test("CPUs can be given to a container whose groups above are new")
        func cpusOfNewGroups() async throws {
            try await expect(
                """
                all=$(cat /sys/devices/system/cpu/online)
                C "c['linux']['cgroupsPath']='/bailey-oci-e2e/new/$N'; c['linux']['resources']={'cpu':{'cpus':'$all','mems':'0'}}"
                run 'grep -c Cpus_allowed_list:.*'$all' /proc/self/status'
                for tree in /sys/fs/cgroup/*; do rmdir $tree/bailey-oci-e2e/new 2>/dev/null || true; done
                """,
                prints: "1"
            )
        }

        @Test("hooks run at their moments, in order, with the state on their input")
        func hooks() async throws {
            try await expect(
                """
                hook() {
                    printf '#!/bin/sh\\ncat >>$F/states; echo >>$F/states; echo %s >>$F/log\\n' $1 >hook-$1; chmod +x hook-$1
                    C "c.setdefault('hooks',{})['$1']=[{'path':'$F/hook-$1'}]"
                }
                for h in prestart createRuntime createContainer poststart poststop; do hook $h; done
                C "c['process']['args']=['true']"
                $O create $N </dev/null >/dev/null; $O start $N; $O kill $N KILL 2>/dev/null || true
                for i in $(seq 100); do $O state $N | grep -q stopped && break; sleep 0.02; done; $O delete $N
                tr '\\n' ' ' <log; grep -c '"id":"'$N'"' states
                """,
                prints: "prestart createRuntime createContainer poststart poststop 5"
            )
        }

        @Test("a hook that fails ends the creation, and names itself")
        func failingHook() async throws {
            let result = try await sh(
                "set +e; C \"c['hooks']={'createRuntime':[{'path':'/bin/true'},{'path':'/bin/false'}]}\"; $O create $N; echo $?"
            )
            #expect(result.output == "1\n")
            #expect(result.complaints.contains("error running createRuntime hook #1"))
        }

        @Test("limits, masks, read-only paths, capabilities and the filter are what the configuration says")
        func confinement() async throws {
            try await expect(
                """
                C "c['linux']['resources']={'pids':{'limit':17},'devices':[{'allow':False,'access':'rwm'}]}"
                C "c['linux']['seccomp']={'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['mkdir','mkdirat'],'action':'SCMP_ACT_ERRNO','errnoRet':13}]}"
                C "c['process']['capabilities']={'bounding':['CAP_KILL'],'effective':['CAP_KILL'],'permitted':['CAP_KILL']}"
                C "c['linux']['maskedPaths']=['/proc/version','/sys/firmware']; c['root']['readonly']=False"
                run 'wc -c </proc/version; grep CapEff /proc/self/status | tr -d "\\t"; mkdir /x 2>&1 | grep -c denied; echo 1 >/proc/sys/kernel/msgmax 2>/dev/null || echo read-only; grep NoNewPrivs /proc/self/status | tr -d "\\t"'
                """,
                prints: """
                    0
                    CapEff:0000000000000020
                    1
                    read-only
                    NoNewPrivs:1
                    """
            )
        }

        @Test("a user namespace maps ids, and its root is nobody outside")
        func userNamespace() async throws {
            try await expect(
                """
                chown -R 100000:100000 rootfs
                C "c['linux']['namespaces'].append({'type':'user'})"
                C "m=[{'containerID':0,'hostID':100000,'size':65536}]; c['linux']['uidMappings']=m; c['linux']['gidMappings']=m"
                run 'id -u; cat /proc/self/uid_map | tr -s " "; echo x >/dev/null && echo null; stat -c %u /bin'
                """,
                prints: """
                    0
                     0 100000 65536
                    null
                    0
                    """
            )
        }

        @Test("namespaces are joined by path")
        func joined() async throws {
            try await expect(
                """
                unshare --uts sh -c 'hostname joined; exec sleep 100' & echo $! >ns; sleep 0.3
                C "c['linux']['namespaces']=[n for n in c['linux']['namespaces'] if n['type']!='uts']+[{'type':'uts','path':'/proc/$(cat ns)/ns/uts'}]; del c['hostname']"
                run hostname; kill $(cat ns)
                """,
                prints: "joined"
            )
        }

        @Test("a creation that is killed at any moment leaves what delete --force can remove, and no process")
        func killed() async throws {
            let result = try await sh(
                """
                set +e; C "c['process']['args']=['sleep','100']"
                for ms in 000 001 002 003 004 006 008 012 016 024; do
                    $O create $N </dev/null >/dev/null 2>&1 & p=$!; sleep 0.$ms; kill -9 $p 2>/dev/null; wait $p 2>/dev/null
                    $O state $N >/dev/null 2>&1; $O list >/dev/null || echo list
                    $O delete --force $N || echo delete; test -e oci/$N && echo state
                done
                sleep 0.2; cat /sys/fs/cgroup/*/bailey-oci-e2e/$N/cgroup.procs 2>/dev/null
                """
            )
            #expect(result.output.isEmpty, "\(result)")
        }

        @Test("the container never holds the host's program writable (CVE-2019-5736)")
        func ownProgram() async throws {
            let result = try await sh(
                """
                set +e; cp -L $(dirname $B)/bailey-oci own; before=$(md5sum <own); O="$F/own --root $F/oci"
                C "c['process']['args']=['/proc/self/exe','--version']"; $O run $N >/dev/null 2>&1
                printf '#!/proc/self/exe\\n' >rootfs/x; chmod +x rootfs/x
                C "c['process']['args']=['sleep','100']; c['root']['readonly']=False; c['linux']['readonlyPaths']=[]"
                for s in bounding effective permitted; do C "c['process']['capabilities']['$s'].append('CAP_SYS_PTRACE')"; done
                $O run -d $N </dev/null >/dev/null
                $O exec $N sh -c 'for i in $(seq 300); do for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = bailey-oci ] && { echo BAD >$p/exe; } 2>/dev/null && echo WRITTEN; done; done' &
                for i in $(seq 20); do $O exec $N /x >/dev/null 2>&1; $O exec $N /proc/self/exe --version >/dev/null 2>&1; done
                kill %1 2>/dev/null; wait; test "$before" = "$(md5sum <own)" && echo unchanged
                """
            )
            #expect(result.output == "unchanged\n", "\(result)")
        }

        @Test(
            "a configuration that is wrong is one error that names the field, and nothing is left",
            arguments: [
                ("c['process']['cwd']='tmp'", "process.cwd"), ("c['process']['args']=[]", "process.args"),
                ("c['root']['path']='nowhere'", "root.path"),
                ("c['linux']['namespaces'][0]['type']='moon'", "linux.namespaces[0].type"),
                ("c['linux']['sysctl']={'kernel.panic':'1'}", "linux.sysctl.kernel.panic"),
                ("c['process']['user']={'uid':'root'}", "process.user.uid"), ("c['ociVersion']='2.0.0'", "ociVersion"),
            ]
        )
        func wrong(_ change: String, _ field: String) async throws {
            let result = try await sh("set +e; C \"\(change)\"; $O run $N; echo $?")
            #expect(result.output == "1\n", "\(result)")
            #expect(result.complaints.contains(field), "\(result)")
            #expect(result.complaints.split(separator: "\n").count == 1, "\(result)")
        }
    }
}
