import Glibc
import LinuxKernel
import Testing

@testable import Storage

/// Random changes through a real overlay, a copy in between: the copy with the delta over it is what the overlay shows.
@Suite("what changed since a copy", .serialized) struct LayerDeltaTests {
    // Changes to a few names, so that files become directories and back, and directories are removed and made again.
    private static let tools = """
        note() { python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", sys.argv[2].encode())' "$@"; }
        notes() { python3 -c '
        import os, sys
        for name in sys.stdin.read().split("\\n"):
            if name and "user.note" in os.listxattr(name): print(name, os.getxattr(name, "user.note"))'; }
        name() { local all=(a a/b a/b/f a/f c c/f c/g d d/e d/e/f new new/f new/g/h top); echo "${all[RANDOM % ${#all[@]}]}"; }
        change() {
            local p q; p=merged/$(name); q=merged/$(name)
            case $((RANDOM % 10)) in
            0 | 1) mkdir -p "${p%/*}" && echo "$RANDOM" >"$p" ;;
            2) rm -rf "$p" ;;
            3) rm -rf "$p"; mkdir -p "$p" ;;
            4) mv -T "$p" "$q" ;;
            5) chmod $((RANDOM % 2 ? 700 : 751)) "$p" ;;
            6) [ -f "$p" ] && printf x | dd of="$p" bs=1 conv=notrunc ;;
            7) rm -rf "$p"; ln -s "to-$RANDOM" "$p" ;;
            8) chown $((RANDOM % 5)):7 "$p" ;;
            9) [ ! -L "$p" ] && note "$p" "$RANDOM" ;;
            esac
        } 2>/dev/null
        list() {
            (cd "$1" && find . -printf '%P %y %m %U:%G %l\\n' | sort; find . -type f -exec md5sum {} + | sort -k 2
                find . -type f -o -type d | sort | notes)
        }
        """

    private static func shell(_ place: String, _ script: String) throws {
        try HostProgram.run(["bash", "-c", "cd \(place)\n\(tools)\n\(script)"])
    }

    @Test(.enabled(if: LoopFileSystem.has(.ext4), "needs root and loop devices"), arguments: 1...4)
    func `laid over the copy, it shows what was written until the end`(_ seed: Int) throws {
        let disk = try LoopFileSystem(.ext4, megabytes: 64)
        let place = disk.path
        try Self.shell(
            place,
            """
            set -e; mkdir -p base/a/b base/c base/d/e upper work merged copy delta check
            for f in a/f a/b/f c/f c/g d/e/f top; do echo "$f" >"base/$f"; done
            mount -t overlay -o userxattr,lowerdir=base,upperdir=upper,workdir=work overlay merged
            RANDOM=\(seed); for i in {1..40}; do change || true; done; sync -f .
            """
        )
        defer { try? Self.shell(place, "umount merged; umount check") }
        let begin = Events.now(CLOCK_REALTIME)
        let upper = try Files.open(place + "/upper", OpenFlag.readOnlyDirectory)
        let copy = try Files.open(place + "/copy", OpenFlag.readOnlyDirectory)
        try TreeCopy.contents(of: upper.number, into: copy.number)
        try Self.shell(place, "RANDOM=\(seed + 100); for i in {1..40}; do change || true; done; sync -f .")
        let delta = try Files.open(place + "/delta", OpenFlag.readOnlyDirectory)
        let entries = try LayerDelta.make(
            of: upper.number,
            over: copy.number,
            in: delta.number,
            settled: begin - 1_000_000_000
        )
        #expect(entries > 0)
        try Self.shell(
            place,
            """
            mount -t overlay -o userxattr,lowerdir=delta:copy:base overlay check || exit 9
            diff <(list merged) <(list check) >&2
            """
        )
    }

    @Test(.enabled(if: LoopFileSystem.has(.ext4), "needs root and loop devices"))
    func `what did not change is not in it, and a change of the same size and time is`() throws {
        let disk = try LoopFileSystem(.ext4, megabytes: 64)
        let place = disk.path
        try Self.shell(
            place,
            """
            mkdir -p upper/d copy delta; echo one >upper/d/kept; echo two >upper/d/changed; touch -d @1000000000 upper/d/*
            """
        )
        let upper = try Files.open(place + "/upper", OpenFlag.readOnlyDirectory)
        let copy = try Files.open(place + "/copy", OpenFlag.readOnlyDirectory)
        try TreeCopy.contents(of: upper.number, into: copy.number)
        try Self.shell(place, "echo 222 >upper/d/changed; touch -d @1000000000 upper/d/changed")
        let delta = try Files.open(place + "/delta", OpenFlag.readOnlyDirectory)
        // Nothing counts as settled: everything is compared byte by byte.
        _ = try LayerDelta.make(of: upper.number, over: copy.number, in: delta.number, settled: 0)
        #expect(try Files.list(place + "/delta/d") == ["changed"])
        #expect(try Files.readText(place + "/delta/d/changed") == "222")
    }
}

/// Equal files of read-only layers become one inode.
@Suite("unification by links", .serialized) struct UnificationTests {
    private func layers(_ place: String) throws {
        try HostProgram.run([
            "bash", "-c",
            """
            cd \(place); mkdir scratch
            for n in 1 2 3; do
                mkdir -p $n/bin; head -c 100000 /dev/zero | tr '\\0' x >$n/bin/same; cp $n/bin/same $n/bin/mode
                cp $n/bin/same $n/bin/owner; cp $n/bin/same $n/bin/note; cp $n/bin/same $n/bin/time
                head -c 100000 /dev/urandom >$n/bin/other
                chmod 64$n $n/bin/mode; chown $n $n/bin/owner
                python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", sys.argv[2].encode())' $n/bin/note $n
                touch -d @1000000000 $n/bin/*; touch -d @100000000$n $n/bin/time; touch -d @1100000000 $n/bin
            done
            """,
        ])
    }

    @Test(.enabled(if: LoopFileSystem.has(.ext4), "needs root and loop devices"))
    func `files equal in all that can be seen become one, others and layers in use stay`() throws {
        let disk = try LoopFileSystem(.ext4, megabytes: 64)
        try layers(disk.path)
        let scratch = try Files.open(disk.path + "/scratch", OpenFlag.readOnlyDirectory)
        let trees = [(1, true), (2, true), (3, false)].map { number, isReplaceable in
            Unification.Tree("\(disk.path)/\(number)", isReplaceable: isReplaceable)
        }
        let report = try Unification.run(over: trees, by: .linking, scratch: scratch.number)
        func inode(_ path: String) throws -> UInt64 { try Files.status("\(disk.path)/\(path)").inode }
        #expect(try inode("1/bin/same") == inode("2/bin/same"))
        #expect(try inode("1/bin/same") != inode("3/bin/same"))
        for name in ["mode", "owner", "note", "time", "other"] {
            #expect(try inode("1/bin/\(name)") != inode("2/bin/\(name)"), "\(name)")
        }
        #expect(report.shared == 1)
        #expect(report.bytes >= 100_000)
        #expect(try Files.status("\(disk.path)/2/bin").modified == 1_100_000_000_000_000_000)
        #expect(try Files.list(disk.path + "/scratch").isEmpty)
        #expect(try Unification.run(over: trees, by: .linking, scratch: scratch.number).shared == 0)
    }
}
