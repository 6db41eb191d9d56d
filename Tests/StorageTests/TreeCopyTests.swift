import Glibc
import LinuxKernel
import Testing

@testable import Storage

@Suite("copies of trees", .serialized) struct TreeCopyTests {
    @Test(arguments: LoopFileSystem.Kind.allCases.filter { LoopFileSystem.has($0) })
    func `a copy has every name, owner, mode, time, link, hole, attribute and whiteout of its source`(
        _ kind: LoopFileSystem.Kind
    ) throws {
        let disk = try LoopFileSystem(kind)
        let script = """
            cd "$0"; mkdir -p from/d/e to; echo one >from/d/file; ln from/d/file from/d/again; ln -s /etc/passwd from/link
            chown 33:44 from/d/file; chmod 4751 from/d/file; chown -h 7:8 from/link; mkfifo from/fifo
            mknod from/d/gone c 0 0; truncate -s 40M from/sparse; echo end >>from/sparse; touch -d @1000000 from/d
            touch "$(printf 'from/d/\\\\377\\\\376')"; chmod 1777 from/d/e
            setfattr -n user.overlay.opaque -v y from/d/e 2>/dev/null || true
            mknod from/disk b 8 0
            """
        try HostProgram.run(["bash", "-euc", script, disk.path])
        let from = try Files.open("\(disk.path)/from", OpenFlag.readOnlyDirectory)
        let to = try Files.open("\(disk.path)/to", OpenFlag.readOnlyDirectory)
        let copy = try TreeCopy.contents(of: from.number, into: to.number)
        // A block device is nobody's to copy.
        #expect(copy.skipped == ["disk"])
        let compare = """
            cd "$0"; rm from/disk
            list() { (cd "$1" && find . -printf '%P %y %m %U %G %s %l %n\\n' | sed 's/^\\(.* d [0-9]* [0-9]* [0-9]*\\) .*/\\1/' | LC_ALL=C sort; \
            find . -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum; stat -c '%Y %a' d d/file; stat -c %i d/file d/again | uniq | wc -l); }
            diff <(list from) <(list to) && test $(du -k to/sparse | cut -f 1) -lt 1000
            """
        try HostProgram.run(["bash", "-euc", compare, disk.path])
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `a tree too deep to be copied is refused, not a crash`() throws {
        let disk = try LoopFileSystem(.ext4)
        try HostProgram.run([
            "bash", "-euc", "cd $0; mkdir to; mkdir from; cd from; for i in $(seq 400); do mkdir d; cd d; done",
            disk.path,
        ])
        let from = try Files.open("\(disk.path)/from", OpenFlag.readOnlyDirectory)
        let to = try Files.open("\(disk.path)/to", OpenFlag.readOnlyDirectory)
        let error = #expect(throws: SyscallError.self) { try TreeCopy.contents(of: from.number, into: to.number) }
        #expect(error?.errno == ELOOP)
    }

    @Test(arguments: [LoopFileSystem.Kind.xfs, .btrfs].filter { LoopFileSystem.has($0) })
    func `equal files share blocks afterwards, others and their owners are as they were`(
        _ kind: LoopFileSystem.Kind
    ) throws {
        let disk = try LoopFileSystem(kind)
        let script = """
            cd "$0"; mkdir a b; head -c 20M /dev/urandom >a/one; cp --reflink=never a/one b/two; chown 5:6 b/two
            head -c 20M /dev/urandom >b/other; ln -s /etc/passwd b/link; sync
            """
        try HostProgram.run(["bash", "-euc", script, disk.path])
        let folder = try Files.open(disk.path, OpenFlag.readOnlyDirectory)
        let before = try FileSystemSpace.of(folder.number, named: disk.path).used
        let report = try Unification.run(over: ["\(disk.path)/a", "\(disk.path)/b"])
        #expect(report == Unification.Report(files: 3, shared: 1, bytes: 20 << 20, passedOver: 0), "\(report)")
        try FileSystemSpace.sync(folder.number, named: disk.path)
        let after = try FileSystemSpace.of(folder.number, named: disk.path).used
        #expect(before - min(before, after) > 15 << 20, "\(before) \(after)")
        try HostProgram.run([
            "bash", "-euc", "cd $0; cmp a/one b/two; test $(stat -c %u:%g b/two) = 5:6; test -L b/link", disk.path,
        ])
    }
}
