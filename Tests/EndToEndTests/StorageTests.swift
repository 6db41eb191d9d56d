import Foundation
import Testing

/// A state root on a real file system of its own, made by shell and taken down by it.
private func withDisk(_ kind: String, _ body: (Host) async throws -> Void) async throws {
    let place = "/tmp/bailey-disk-" + UUID().uuidString.prefix(13)
    try await withHost(state: place + "/state") { host in
        let make = """
            set -e; mkdir -p \(place); truncate -s 900M \(place).img
            mkfs.\(kind) -q \(place).img >/dev/null 2>&1; mount -o loop \(place).img \(place); mkdir \(place)/state
            if [ \(kind) = btrfs ]; then btrfs quota enable \(place); fi
            cp -a --no-preserve=ownership $BAILEY_TEST_STORE/lib/. \(place)/state/lib 2>/dev/null || true
            $B template build -q busybox >/dev/null 2>&1
            """
        _ = try await host.output(make, timeout: 120)
        do {
            try await body(host)
        } catch {
            Issue.record(error)
        }
        _ = try await host.sh("$B ls -q | xargs -r $B rm --force; umount \(place); rm -rf \(place) \(place).img")
    }
}

extension EndToEnd {
    @Suite(
        "disks, snapshots, clones",
        .serialized,
        .enabled(if: Place.testsDisks, "set BAILEY_TEST_DISKS=1, as root: make test-disks")
    )
    struct StorageTests {
        @Test(arguments: ["ext4", "xfs", "btrfs"]) func `A tenant cannot fill the host`(_ kind: String) async throws {
            try await withDisk(kind) { host in
                let script = """
                    $B run --rm --disk 32MiB --template busybox -- sh -c 'dd if=/dev/urandom of=/big bs=1M count=64 2>/dev/null; ls -l /big | tr -s " " | cut -d " " -f 5; df -m / | tail -n 1 | tr -s " " | cut -d " " -f 2'
                    """
                let lines = try await host.output(script).split(separator: "\n").compactMap { Int($0) }
                #expect(lines.first.map { (20 << 20...33 << 20).contains($0) } == true, "\(lines)")
                // A quota group does not show in df; everything else does.
                if kind != "btrfs" { #expect(lines.last.map { (28...36).contains($0) } == true, "\(lines)") }
            }
        }

        @Test func `A jail with an image keeps its files, its limit and its snapshots`() async throws {
            try await withDisk("xfs") { host in
                let script = """
                    $B create --name $N --disk 64MiB --inodes 2000 --template busybox -- sh -c 'echo $(cat /n 2>/dev/null)x >/n; cat /n' >/dev/null
                    $B start $N >/dev/null; sleep 1; $B snapshot $N one >/dev/null
                    $B start $N >/dev/null; sleep 1; $B cp $N:/n $F/n; cat $F/n
                    $B restore $N one >/dev/null; $B cp $N:/n $F/n; cat $F/n
                    $B explain $N | grep resources.disk.space | grep -o 'image file'
                    """
                try await host.expect(script, prints: "xx\nx\nimage file")
            }
        }

        @Test(arguments: ["ext4", "btrfs"]) func `Snapshots of a stopped and a running jail bring its files back`(
            _ kind: String
        ) async throws {
            try await withDisk(kind) { host in
                let script = """
                    $B create --name $N --template busybox -- sh -c 'while :; do sleep 1; done' >/dev/null
                    echo first >$F/file; $B cp $F/file $N:/root/file; $B snapshot $N a
                    $B start $N >/dev/null; $B exec $N sh -c 'echo second >/root/file; rm /bin/vi; mkdir /new'
                    $B snapshot $N b; $B exec $N sh -c 'echo third >/root/file'
                    $B stop -t 1s $N >/dev/null; $B cp $N:/root/file $F/got; cat $F/got
                    $B restore $N a >/dev/null; $B cp $N:/root/file $F/got; cat $F/got; $B diff $N
                    $B restore $N b >/dev/null; $B cp $N:/root/file $F/got; cat $F/got; $B diff $N
                    $B snapshot ls $N | tail -n +2 | cut -d ' ' -f 1; $B snapshot rm $N a b >/dev/null; $B snapshot ls $N | wc -l
                    $B rm $N >/dev/null; $B prune >/dev/null; ls $BAILEY_ROOT/lib/own | wc -l
                    """
                let expected = """
                    a\nb\nthird\nfirst\nA /root/file\nsecond\nD /bin/vi\nA /new\nA /root/file\na\nb\n1\n0
                    """
                try await host.expect(script, prints: expected)
            }
        }

        @Test func `A clone shares layers, has an identity of its own and changes nothing of its source`() async throws
        {
            try await withDisk("ext4") { host in
                let script = """
                    $B create --name $N --template busybox -- sh -c 'cat /data' >/dev/null
                    dd if=/dev/urandom of=$F/data bs=1M count=50 2>/dev/null; $B cp $F/data $N:/data
                    echo 0123456789abcdef0123456789abcdef >$F/id; $B cp $F/id $N:/etc/machine-id
                    before=$(du -sm $BAILEY_ROOT | cut -f 1); $B clone $N $N-2 >/dev/null
                    [ $(( $(du -sm $BAILEY_ROOT | cut -f 1) - before )) -lt 5 ] && echo 0
                    $B cp $N-2:/data - 2>/dev/null; $B cp $N-2:/data $F/copy; cmp $F/data $F/copy && echo same
                    $B cp $N-2:/etc/machine-id $F/id2; cmp -s $F/id $F/id2 || echo another; wc -c <$F/id2
                    echo changed >$F/data2; $B cp $F/data2 $N-2:/data; $B cp $N:/data $F/copy2; cmp $F/data $F/copy2 && echo same
                    $B rm $N >/dev/null; $B cp $N-2:/data $F/copy3; cat $F/copy3
                    $B start $N-2 >/dev/null && sleep 1; $B logs $N-2; $B rm $N-2 >/dev/null; ls $BAILEY_ROOT/lib/own | wc -l; rm -f ./-
                    """
                try await host.expect(script, prints: "0\nsame\nanother\n33\nsame\nchanged\nchanged\n0")
            }
        }

        @Test func `cp follows no link out of a jail, running or not`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    echo secret >$F/secret; mkdir $F/out
                    $B run -d --name $N --template busybox -- sh -c "ln -s $F /way; ln -s $F/secret /leak; ln -s ../../../../../.. /up; mkfifo /pipe; while :; do sleep 1; done" >/dev/null
                    sleep 1
                    for state in running stopped; do
                        $B cp $N:/way/secret $F/out/1 2>/dev/null || echo refused; $B cp $N:/leak $F/out/$state && readlink $F/out/$state | grep -c secret
                        $B cp $N:/up/etc/hostname $F/out/h-$state; cmp -s /etc/hostname $F/out/h-$state || echo "jail's own"
                        echo in >$F/in; $B cp $F/in $N:/way/planted 2>/dev/null || echo refused
                        ls $F/planted 2>/dev/null; $B cp $N:/pipe $F/out/p 2>&1 | grep -o 'left out'
                        if [ $state = running ]; then $B exec $N sh -c 'echo $(stat -c %u /etc/passwd)'; $B stop -t 1s $N >/dev/null; fi
                    done
                    """
                try await host.expect(
                    script,
                    prints: "refused\n1\njail's own\nrefused\nleft out\n0\nrefused\n1\njail's own\nrefused\nleft out"
                )
            }
        }

        @Test func `A jail becomes a template, and jails from it begin with its files`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    $B create --name $N --template busybox -- true >/dev/null
                    echo new >$F/new; $B cp $F/new $N:/root/new; $B commit $N mine | cut -d ' ' -f 1
                    $B run --rm --template mine -- cat /root/new; $B template ls --json | grep -o '"name":"mine"'
                    $B template rm mine && $B commit $N busybox 2>&1 | grep -o 'the template of that name'
                    """
                try await host.expect(script, toPrint: "mine\nnew\n\"name\":\"mine\"\nmine")
            }
        }

        @Test func `Two commands at once on one jail take turns, and kill -9 leaves old or new`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    $B create --name $N --template busybox -- true >/dev/null
                    for i in $(seq 40); do
                        echo $i >$F/n; $B cp $F/n $N:/n || echo "cp failed"
                        timeout -s KILL 0.0$((i % 9 + 1)) $B snapshot $N s$i >/dev/null 2>&1
                        $B cp $N:/n $F/got || echo "lost at $i"; [ "$(cat $F/got)" = $i ] || echo "third state at $i"
                    done
                    for i in 1 2 3 4; do $B snapshot $N p$i >/dev/null & done; wait; $B snapshot ls $N | grep -c '^p'
                    for s in $($B snapshot ls $N | tail -n +2 | cut -d ' ' -f 1 | grep ^s); do
                        $B restore $N $s >/dev/null || echo "no restore"; $B cp $N:/n $F/got; [ "s$(cat $F/got)" = $s ] || echo "wrong $s"
                    done
                    $B rm $N >/dev/null; $B prune >/dev/null; ls -A $BAILEY_ROOT/lib/own | wc -l
                    """
                try await host.expect(script, timeout: 240, prints: "4\n0")
            }
        }
    }
}

extension EndToEnd {
    @Suite(
        "moves and images",
        .serialized,
        .enabled(if: Place.testsDisks, "set BAILEY_TEST_DISKS=1, as root: make test-disks")
    )
    struct TransferTests {
        @Test(arguments: ["ext4", "btrfs"]) func `A jail moves to another host with its files and snapshots`(
            _ kind: String
        ) async throws {
            try await withDisk(kind) { host in
                let script = """
                    other=$BAILEY_ROOT/../other; tree='cd / && find root -printf "%P %y %m %U %G %s %l\\n" | sort; md5sum root/data; getfattr -d root/data 2>/dev/null'
                    $B create --name $N --template busybox -- sh -c 'dd if=/dev/urandom of=/root/data bs=1M count=20 2>/dev/null; mkdir -p /root/d; ln -s /x /root/d/l; ln /root/data /root/again; chown 33:33 /root/d; chmod 4755 /root/data; rm /bin/vi; touch /root/'"$(printf '\\\\377')"'' >/dev/null
                    $B start $N >/dev/null; sleep 2; $B snapshot $N before >/dev/null
                    echo more >$F/m; $B cp $F/m $N:/root/more
                    $B export $N >$F/stream 2>/dev/null; zstd -dc $F/stream | tar t | head -n 1
                    BAILEY_ROOT=$other $B import -q $F/stream; BAILEY_ROOT=$other $B template ls --json | grep -c busybox
                    for root in $BAILEY_ROOT $other; do
                        BAILEY_ROOT=$root $B cp -a $N:/root $F/out >/dev/null; (cd $F/out && find . -printf '%P %y %m %U %G %s %n %l\\n' | sort; md5sum data) | md5sum >$F/sum-$(basename $root); rm -rf $F/out
                    done; cmp $F/sum-state $F/sum-other && echo same
                    BAILEY_ROOT=$other $B diff $N | grep -c 'D /bin/vi'
                    BAILEY_ROOT=$other $B restore $N before; BAILEY_ROOT=$other $B cp $N:/root/more $F/x 2>/dev/null || echo gone
                    BAILEY_ROOT=$other $B start $N >/dev/null && echo starts; sleep 1; BAILEY_ROOT=$other $B rm --force $N >/dev/null
                    """
                try await host.expect(
                    script,
                    timeout: 120,
                    prints: "export/00000000\n\(host.name)\n1\nsame\n1\n\(host.name)\ngone\nstarts"
                )
            }
        }

        @Test func `What is there is not sent again, and a stream that breaks off or is altered makes no jail`()
            async throws
        {
            try await withDisk("ext4") { host in
                let script = """
                    other=$BAILEY_ROOT/../other; here() { BAILEY_ROOT=$other $B "$@"; }
                    $B create --name $N --template busybox -- true >/dev/null
                    dd if=/dev/urandom of=$F/data bs=1M count=20 2>/dev/null; $B cp $F/data $N:/data
                    $B export --compression none -o $F/whole $N >/dev/null
                    head -c 15000000 $F/whole | here import -q 2>&1 | grep -c 'ends'; here ls -q | wc -l
                    python3 -c "import sys; d=bytearray(open('$F/whole','rb').read()); d[len(d)//2]^=1; open('$F/bad','wb').write(d)"
                    here import -q $F/bad 2>&1 | grep -c digest; here ls -q | wc -l
                    $B export --have "$(here import --have)" $N | here import -q
                    [ $(stat -c %s $F/whole) -gt 20000000 ] && $B export --have "$(here import --have)" $N | wc -c | grep -Ec '^[0-9]{1,5}$'
                    here cp $N:/data $F/copy && cmp $F/data $F/copy && echo same
                    here rm $N >/dev/null; here prune >/dev/null; ls -A $other/lib/own | wc -l
                    """
                try await host.expect(script, timeout: 120, prints: "1\n0\n1\n0\n\(host.name)\n1\nsame\n0")
            }
        }

        @Test func `A running jail is exported while it goes on`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    $B run -d --name $N --template busybox -- sh -c 'i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.05; done' >/dev/null
                    sleep 1; $B export --no-snapshots $N | $B import -q --name $N-2
                    $B cp $N-2:/n $F/n; [ $(cat $F/n) -gt 3 ] && echo copied; sleep 0.5
                    $B cp $N:/n $F/m; [ $(cat $F/m) -gt $(cat $F/n) ] && echo goes on
                    $B rm --force $N $N-2 >/dev/null
                    """
                try await host.expect(script, timeout: 60, prints: "\(host.name)-2\ncopied\ngoes on")
            }
        }

        @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/restic"), "restic is not installed"))
        func `A backup through restic is encrypted, small the second time, and comes back whole`() async throws {
            try await withDisk("ext4") { host in
                let script = """
                    export RESTIC_REPOSITORY=$F/repo RESTIC_PASSWORD=secret RESTIC_CACHE_DIR=$F/cache
                    restic init -q; $B create --name $N --template busybox -- true >/dev/null
                    dd if=/dev/urandom of=$F/data bs=1M count=20 2>/dev/null; $B cp $F/data $N:/data
                    backup() { $B export --compression none $N | restic backup -q --stdin --stdin-filename $N.tar; }
                    backup; first=$(du -sm $F/repo | cut -f 1); echo x >$F/x; $B cp $F/x $N:/x; backup
                    [ $(( $(du -sm $F/repo | cut -f 1) - first )) -lt 4 ] && echo small
                    $B rm $N >/dev/null; $B prune >/dev/null
                    restic dump -q latest $N.tar | $B import -q; $B cp $N:/data $F/copy; cmp $F/data $F/copy && echo same; $B cp $N:/x $F/y; cat $F/y
                    grep -rqa root: $F/repo || echo sealed
                    """
                try await host.expect(script, timeout: 120, prints: "small\n\(host.name)\nsame\nx\nsealed")
            }
        }

        @Test(
            .enabled(
                if: ["skopeo", "umoci"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") },
                "skopeo or umoci is not installed"
            )
        )
        func
            `A template is made of an OCI image, with what the image says of commands, and a hostile one is contained`()
            async throws
        {
            try await withHost { host in
                let script = """
                    d=$BAILEY_ROOT/etc/rootfs-templates; mkdir -p $d/img $d/bad; cd $d/img
                    umoci init --layout l >/dev/null 2>&1; umoci new --image l:t >/dev/null 2>&1
                    umoci unpack --image l:t b >/dev/null 2>&1; cp -a $R/. b/rootfs/; echo one >b/rootfs/one; echo two >b/rootfs/two
                    umoci repack --image l:t b >/dev/null 2>&1; rm b/rootfs/one; umoci repack --image l:t b >/dev/null 2>&1
                    umoci config --image l:t --config.cmd cat --config.cmd /two --config.env A=b >/dev/null 2>&1; rm -rf b
                    printf 'apiVersion: bailey/v1\\nkind: Template\\nmetadata: { name: img }\\nspec: { from: { oci: "oci:l:t" } }\\n' >template.yaml
                    $B template build -q img 2>&1 | grep -c sha256; $B run --rm --template img
                    $B run --rm --template img -- sh -c 'echo $A; ls /one 2>/dev/null || echo whiteout'
                    $B template build img 2>&1 | grep -o 'nothing has changed'
                    cp -a l ../bad/l; cd ../bad; blob=$(ls -S l/blobs/sha256 | head -n 1); printf 'X' | dd of=l/blobs/sha256/$blob bs=1 seek=100 conv=notrunc 2>/dev/null
                    sed 's/img/bad/' ../img/template.yaml >template.yaml; $B template build -q --rebuild bad >$F/said 2>&1; echo $?; $B template ls | grep -c '^bad *built'
                    """
                try await host.expect(
                    script,
                    timeout: 120,
                    prints: "1\ntwo\nb\nwhiteout\nnothing has changed\n1\n0"
                )
            }
        }

        @Test(.enabled(if: Place.has("debian-lamp"), "no template debian-lamp in BAILEY_TEST_STORE"))
        func `A tenant's whole site serves a page that reads its database, and a clone has its data`() async throws {
            try await withHost(state: Place.store) { host in
                let script = """
                    get='curl -s http://127.0.0.1/index.php'; last() { sed -n 's/.*visit //p'; }
                    $B run -d --name $N --template debian-lamp --profile system/debian --memory 1GiB >/dev/null
                    for i in $(seq 150); do $B exec $N $get 2>/dev/null | grep -q visit && break; sleep 0.2; done
                    $B exec $N $get | last; $B stop $N >/dev/null
                    """
                let visits = try await host.output(script, timeout: 180)
                #expect(Int(visits).map { $0 > 1 } == true, "\(visits)")
            }
        }
    }
}
