import Glibc
import LinuxKernel
import Testing

@testable import Storage

/// Limits on real file systems; project quota is tested in a kernel that has it, by `Tests/Quota/run`.
@Suite("disk limits", .serialized) struct DiskLimitTests {
    @Test(.enabled(if: LoopFileSystem.has(.btrfs), "needs root and btrfs-progs"))
    func `a quota group of btrfs stops a jail at its limit, and takes another while it is in use`() throws {
        let disk = try LoopFileSystem(.btrfs)
        let layout = try disk.layout()
        let limit = DiskLimit(space: 16 << 20)
        #expect(DiskBinding.find(for: limit, at: layout.library) == .success(.quotaGroup))
        let layer = WritableLayer(stateDirectory: layout.stateDirectory("web1"))
        try layer.make(limit, .quotaGroup)
        #expect(fill("\(layer.upper)/a", megabytes: 12) == 0)
        #expect(fill("\(layer.upper)/b", megabytes: 12) == EDQUOT)
        let account = try #require(try DiskAccount.of(layer.stateDirectory))
        #expect(account.binding == .quotaGroup)
        #expect(account.use.spaceLimit == 16 << 20)
        try DiskAccount.resize(to: DiskLimit(space: 64 << 20), layer.stateDirectory, isRunning: true)
        #expect(fill("\(layer.upper)/b", megabytes: 12) == 0)
        let refusal = #expect(throws: DiskRefusal.self) {
            try DiskAccount.resize(to: DiskLimit(space: 8 << 20), layer.stateDirectory, isRunning: true)
        }
        #expect(refusal?.reason.contains("more than 8388608") == true, "\(String(describing: refusal))")
        try Files.removeTree(layer.stateDirectory)
        #expect(!Files.exists(layer.stateDirectory))
    }

    @Test(.enabled(if: LoopFileSystem.has(.btrfs), "needs root and btrfs-progs"))
    func `btrfs counts no files, so a limit of inodes is held by an image`() throws {
        let disk = try LoopFileSystem(.btrfs)
        let layout = try disk.layout()
        #expect(DiskBinding.find(for: DiskLimit(space: 1 << 20, inodes: 10), at: layout.library) == .success(.image))
    }

    @Test(arguments: LoopFileSystem.Kind.allCases.filter { LoopFileSystem.has($0) })
    func `an image holds space and inodes, shows them, and takes no more of the host than was written`(
        _ kind: LoopFileSystem.Kind
    ) throws {
        let disk = try LoopFileSystem(kind)
        let layout = try disk.layout()
        let layer = WritableLayer(stateDirectory: layout.stateDirectory("web1"))
        try layer.make(DiskLimit(space: 64 << 20, inodes: 1000), .image)
        #expect(try Files.status(layer.image).blocks * 512 < 4 << 20)
        let mount = try DiskImage.mount(layer.image)
        let space = try FileSystemSpace.of(mount.number, named: "image")
        #expect(space.kind == .ext4)
        #expect((60 << 20...70 << 20).contains(space.available), "\(space)")
        #expect((1000...1100).contains(space.freeFiles), "\(space)")
        #expect(fill("upper/a", megabytes: 60, at: mount.number) == 0)
        #expect(fill("upper/b", megabytes: 60, at: mount.number) == ENOSPC)
        try Files.remove("upper/b", at: mount.number)
        let account = try #require(try DiskAccount.of(layer.stateDirectory))
        #expect(account.binding == .image)
        #expect(account.use.space > 60 << 20)
    }

    @Test(.enabled(if: LoopFileSystem.has(.ext4), "needs root and e2fsprogs"))
    func `an image at rest grows and shrinks, in use it does not shrink, and never below what is in it`() throws {
        let disk = try LoopFileSystem(.ext4, megabytes: 1024)
        let layout = try disk.layout()
        let layer = WritableLayer(stateDirectory: layout.stateDirectory("web1"))
        try layer.make(DiskLimit(space: 64 << 20), .image)
        try DiskAccount.resize(to: DiskLimit(space: 256 << 20), layer.stateDirectory, isRunning: false)
        do {
            let mount = try DiskImage.mount(layer.image)
            #expect(fill("upper/a", megabytes: 100, at: mount.number) == 0)
            let down = DiskLimit(space: 128 << 20)
            #expect(throws: DiskRefusal.self) {
                try DiskAccount.resize(to: down, layer.stateDirectory, isRunning: true)
            }
        }
        #expect(throws: DiskRefusal.self) {
            try DiskAccount.resize(to: DiskLimit(space: 64 << 20), layer.stateDirectory, isRunning: false)
        }
        try DiskAccount.resize(to: DiskLimit(space: 128 << 20), layer.stateDirectory, isRunning: false)
        let mount = try DiskImage.mount(layer.image)
        #expect(try Files.status("upper/a", at: mount.number).size == 100 << 20)
        #expect(try FileSystemSpace.of(mount.number, named: "image").size < 160 << 20)
    }
}
