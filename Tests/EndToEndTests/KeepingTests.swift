import Foundation
import Testing

extension EndToEnd {
    @Suite(
        "schedules, unification, moves of running jails",
        .serialized,
        .enabled(if: Place.testsDisks, "set BAILEY_TEST_DISKS=1, as root: make test-disks")
    )
    struct KeepingTests {
        @Test func `Snapshots are taken and removed as the profile says`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    cat >$F/j.yaml <<END
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: $N }
                    spec: { template: busybox, command: [sh, -c, "sleep 60"], snapshots: { every: 1h, keep: 2 } }
                    END
                    $B create -f $F/j.yaml >/dev/null; $B create --name $N-2 --template busybox -- true >/dev/null
                    $B snapshot $N mine; $B snapshot $N auto-x 2>&1 | grep -o 'belong to the schedule'
                    back() { sed -i "s/^created .*/created $(( ($(date +%s) - $1 * 3600) * 1000000000 ))/" $BAILEY_ROOT/lib/jails/$N/snapshots/auto-*; }
                    $B snapshot due --dry-run; $B snapshot due | cut -d ' ' -f 1,2; $B snapshot due | wc -l
                    back 3; $B snapshot due | cut -d ' ' -f 2; $B snapshot ls $N | grep -c auto-
                    back 2; sleep 0.01; $B snapshot due | cut -d ' ' -f 2; $B snapshot ls $N | tail -n +2 | cut -c 1-4
                    """
                try await host.expect(
                    script,
                    prints: """
                        mine\nbelong to the schedule\n\(host.name) take\n\(host.name) take\n0\ntake\n2\ntake\nremove\nauto\nmine\nauto
                        """
                )
            }
        }

        @Test func `Equal files of stopped jails become one, and a jail that writes parts from the others`()
            async throws
        {
            try await withDisk("ext4") { host in
                let script = """
                    head -c 10M /dev/urandom >$F/file; touch -d @1000000000 $F/file
                    make() { $B create --name $1 --template busybox -- sh -c "$2" >/dev/null; $B cp $F/file $1:/root/file; }
                    make $N-1 'cat /root/file | wc -c; echo more >>/root/file'; make $N-2 'md5sum </root/file'
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: %s }\\nspec: { template: busybox, command: ["true"], unify: false }\\n' $N-3 >$F/3.yaml
                    $B create -f $F/3.yaml >/dev/null; $B cp $F/file $N-3:/root/file
                    before=$(du -sk $BAILEY_ROOT | cut -f 1); $B unify >$F/said; grep -o '1 became one' $F/said; grep -o 'unify: false' $F/said
                    saved=$(( before - $(du -sk $BAILEY_ROOT | cut -f 1) )); [ $saved -gt 9000 ] && [ $saved -lt 12000 ] && echo saved
                    $B start $N-1 >/dev/null; sleep 1; $B logs $N-1; $B start $N-2 >/dev/null; sleep 1
                    [ "$($B logs $N-2)" = "$(md5sum <$F/file)" ] && echo whole
                    $B cp $N-1:/root/file $F/one; wc -c <$F/one; $B cp $N-2:/root/file $F/two; cmp $F/two $F/file && echo apart
                    """
                try await host.expect(
                    script,
                    timeout: 90,
                    prints: "1 became one\nunify: false\nsaved\n10485760\nwhole\n10485765\napart"
                )
            }
        }

        @Test(arguments: ["ext4", "btrfs"]) func `A running jail moves with a short pause and all it wrote`(
            _ kind: String
        ) async throws {
            try await withDisk(kind) { host in
                let script = """
                    other=$BAILEY_ROOT/../other; there() { BAILEY_ROOT=$other $B "$@"; }
                    $B run -d --name $N --template busybox -- sh -c '
                        if [ ! -e /begun ]; then dd if=/dev/urandom of=/root/big bs=1M count=30 2>/dev/null; mkdir -p /root/d/e; echo 1 >/root/d/e/f; fi
                        date >>/begun; i=$(cat /n 2>/dev/null || echo 0)
                        while :; do i=$((i+1)); echo $i >/m; mv /m /n; [ $i = 40 ] && rm -rf /root/d && mkdir /root/d && echo 2 >/root/d/g; sleep 0.05; done' >/dev/null
                    sleep 1; $B exec $N md5sum /root/big >$F/sum
                    $B snapshot $N before >/dev/null
                    $B move --to "env BAILEY_ROOT=$other $B" $N 2>$F/said; grep -c 'stood still for' $F/said
                    $B ls | grep -c "$N.*stopped"; n=$($B cp $N:/n $F/n; cat $F/n)
                    there ls | grep -c "$N.*running"; sleep 3; there exec $N md5sum /root/big | cmp - $F/sum && echo same
                    [ $(there exec $N cat /n) -gt $n ] && echo goes on; there exec $N sh -c 'ls /root/d; wc -l </begun'
                    there snapshot ls $N | grep -c before
                    $B move --to "env BAILEY_ROOT=$other false" $N-none 2>&1 | grep -c 'no jail'
                    there rm --force $N >/dev/null
                    $B start $N >/dev/null; $B move --to "false" $N 2>/dev/null; echo $?; $B ls | grep -c "$N.*running"; $B rm --force $N >/dev/null
                    """
                try await host.expect(
                    script,
                    timeout: 120,
                    prints: "\(host.name)\n1\n1\n1\nsame\ngoes on\ng\n2\n1\n1\n1\n1"
                )
            }
        }

        /// Defines `whole`: the jail's data is what it was, and what the work left is collected.
        private static let checks = """
            $B create --name $N --template busybox -- true >/dev/null
            head -c 8M /dev/urandom >$F/data; $B cp $F/data $N:/data
            whole() {
                $B cp $N:/data $F/got && cmp -s $F/data $F/got || echo "not whole: $1"; rm -f $F/got
                $B ls -q | grep -v "^$N" && echo "a stranger: $1"; return 0
            }
            """

        @Test func `kill -9 at any moment of clone, commit, export, import, unify leaves the old or the new`()
            async throws
        {
            try await withDisk("ext4") { host in
                let script =
                    Self.checks + """

                        try() { timeout -s KILL 0.$(printf %03d $((i * i % 400 + 5))) "$@" >/dev/null 2>&1; }
                        $B export --compression none -o $F/stream $N >/dev/null
                        for i in $(seq 3 3 24); do
                            try $B clone $N $N-c$i; $B ls -q | grep -qx "$N-c$i" && { $B cp $N-c$i:/data $F/got; cmp $F/data $F/got; $B rm $N-c$i >/dev/null; }
                            whole clone; try $B commit $N t$i; $B template verify t$i >/dev/null 2>&1 || { $B template ls | grep -q "^t$i *built" && echo "a broken template"; }
                            whole commit; try $B import -q --name $N-i$i $F/stream; $B ls -q | grep -qx "$N-i$i" && { $B cp $N-i$i:/data $F/got; cmp $F/data $F/got; $B rm $N-i$i >/dev/null; }
                            whole import; try $B export -o $F/out $N; [ ! -e $F/out ] || zstd -qt $F/out || echo "half an export"; rm -f $F/out
                            whole export; try $B unify; whole unify
                        done
                        $B template ls --json | grep -o '"name":"t[0-9]*"' | cut -d '"' -f 4 | xargs -r $B template rm >/dev/null
                        $B rm $N >/dev/null; $B prune >/dev/null; ls -A $BAILEY_ROOT/lib/own $BAILEY_ROOT/lib/jails | grep -v : | wc -w
                        ls -A $BAILEY_ROOT/lib/layers | grep -c building || true
                        """
                try await host.expect(script, timeout: 240, prints: "0\n0")
            }
        }

        @Test func `On a full disk every change fails whole or is done, and with room again all work`() async throws {
            try await withDisk("ext4") { host in
                let script =
                    Self.checks + """

                        $B export --compression none -o $F/stream $N >/dev/null
                        dd if=/dev/zero of=$BAILEY_ROOT/fill bs=1M 2>/dev/null
                        for left in 0 1 3 6; do
                            truncate -s -${left}M $BAILEY_ROOT/fill; sync
                            for command in "snapshot $N s$left" "clone $N $N-c$left" "commit $N t$left" "import -q --name $N-i$left $F/stream" unify "restore $N s$left"; do
                                $B $command >/dev/null 2>$F/said || grep -q . $F/said || echo "silent: $command"; whole "$command"
                            done
                        done
                        rm $BAILEY_ROOT/fill; $B snapshot $N ok && $B clone $N $N-ok && $B commit $N tok | cut -d ' ' -f 1 && $B import -q --name $N-iok $F/stream
                        $B cp $N-ok:/data $F/got; cmp $F/data $F/got && whole end
                        $B ls -q | xargs $B rm >/dev/null; $B template ls --json | grep -o '"name":"t[0-9ok]*"' | cut -d '"' -f 4 | xargs -r $B template rm >/dev/null
                        $B prune >/dev/null; ls -A $BAILEY_ROOT/lib/own $BAILEY_ROOT/lib/jails | grep -v : | wc -w
                        """
                try await host.expect(
                    script,
                    timeout: 240,
                    prints: "ok\n\(host.name)-ok\ntok\n\(host.name)-iok\n0"
                )
            }
        }

        @Test(arguments: ["ext4", "btrfs"]) func `A running jail gets another disk limit, not less than it keeps`(
            _ kind: String
        ) async throws {
            try await withDisk(kind) { host in
                // Where an image may not grow in use, the refusal says so, and it grows at rest.
                let script = """
                    $B run -d --name $N --disk 32MiB --template busybox -- sleep 100 >/dev/null
                    fill() { $B exec $N sh -c "dd if=/dev/urandom of=/f bs=1M count=$1 conv=fsync 2>&1" | grep -c -e 'No space' -e 'quota exceeded'; }
                    grow() {
                        if ! $B resize $N $1 2>$F/why; then
                            grep -q 'CAP_SYS_RESOURCE: stop' $F/why || cat $F/why
                            $B stop -t 1s $N >/dev/null; $B resize $N $1; $B start $N >/dev/null
                        fi
                    }
                    fill 48; grow 96MiB; fill 48; $B resize $N 16MiB >$F/said 2>&1; echo $?; grep -c -e 'more than' -e 'stop it first' $F/said
                    fill 120; $B restart -t 1s $N >/dev/null; $B explain $N | grep resources.disk.space | grep -c 96MiB; $B stop -t 1s $N >/dev/null
                    $B resize $N 40MiB 2>&1 | grep -c 'more than'; $B cp $N:/f $F/f; [ $(stat -c %s $F/f) -gt 80000000 ] && echo kept
                    """
                try await host.expect(script, prints: "1\n\(host.name)\n0\n1\n1\n1\n1\n1\nkept")
            }
        }
    }
}
