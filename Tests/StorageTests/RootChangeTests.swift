import Glibc
import LinuxKernel
import Testing

@testable import Storage

/// A change of a jail's root that stops at any step leaves the old root or, once it is taken up again, the new one.
@Suite("changing a root", .serialized) struct RootChangeTests {
    private static let steps = [
        "make an empty layer", "write the change down", "move the layer", "put the empty layer in its place",
        "name the new root",
    ]

    private static let old = JailRoot(template: "t", digest: "sha256-0", layers: ["layers/sha256-0/rootfs"])

    /// A jail with a file in its writable layer; on btrfs in a subvolume of its own.
    private static func jail(_ layout: StateLayout, _ binding: DiskBinding?) throws -> WritableLayer {
        let layer = WritableLayer(stateDirectory: layout.stateDirectory("web1"))
        try layer.make(DiskLimit(space: 16 << 20), binding)
        try old.write(layout.rootRecord("web1"))
        try Files.replace(layer.upper + "/precious", with: Array("data".utf8))
        return layer
    }

    private static func checkOldOrNew(_ layout: StateLayout, _ layer: WritableLayer, _ id: String) throws -> Bool {
        let root = try #require(try JailRoot.read(layout.rootRecord("web1")))
        let isNew = root != old
        let place = isNew ? "\(layout.ownLayers)/\(id)/upper/precious" : layer.upper + "/precious"
        #expect(try Files.readText(place) == "data")
        #expect(try Files.list(layer.upper).isEmpty == isNew)
        #expect(Files.exists(layer.work))
        #expect(!RootChange(layout, "web1").isPending)
        return isNew
    }

    private func stopAtEachStep(_ layout: StateLayout, _ binding: DiskBinding?) throws {
        for (index, step) in Self.steps.enumerated() {
            let layer = try Self.jail(layout, binding)
            let id = OwnLayers.newName()
            var root = Self.old
            root.layers.append("own/\(id)/upper")
            let change = RootChange(layout, "web1") { name throws(SyscallError) in
                if name == step { throw SyscallError(call: "test", subject: name, errno: ENOSPC) }
            }
            #expect(throws: SyscallError.self) { try change.run(root, retiring: id) }
            // Once more at the same place: what settles may be killed too.
            if change.isPending { _ = try? change.settle() }
            try RootChange(layout, "web1").settle()
            let isNew = try Self.checkOldOrNew(layout, layer, id)
            #expect(isNew == (index >= 2), "\(step)")
            try Files.removeTree(layer.stateDirectory)
            try Files.makeDirectory(layer.stateDirectory)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `stopped at any step, a jail has its old root or its new one, never a third`() throws {
        let disk = try LoopFileSystem(.ext4)
        try stopAtEachStep(disk.layout(), nil)
    }

    @Test(.enabled(if: LoopFileSystem.has(.btrfs), "needs root and btrfs-progs"))
    func `the same on btrfs, where the layer is a subvolume under a limit`() throws {
        let disk = try LoopFileSystem(.btrfs)
        try stopAtEachStep(disk.layout(), .quotaGroup)
    }

    @Test(.enabled(if: geteuid() == 0, "needs root"))
    func `layers that no record names are collected, others are kept`() throws {
        let disk = try LoopFileSystem(.ext4)
        let layout = try disk.layout()
        let layer = try Self.jail(layout, nil)
        let id = OwnLayers.newName()
        var root = Self.old
        root.layers.append("own/\(id)/upper")
        try RootChange(layout, "web1").run(root, retiring: id)
        #expect(try OwnLayers(layout).collect(inUse: []).isEmpty)
        try Files.makeDirectories("\(layout.ownLayers)/.making-\(id)/upper")
        // Back to the root of before: the layer is garbage, unless something has it mounted.
        try RootChange(layout, "web1").run(Self.old, retiring: OwnLayers.newName())
        #expect(try OwnLayers(layout).collect(inUse: ["own/\(id)/upper"]).count == 1)
        #expect(try OwnLayers(layout).collect(inUse: []) == [id])
        #expect(try Files.list(layout.ownLayers).isEmpty)
        #expect(Files.exists(layer.work))
    }

    @Test func `a damaged record leads nowhere`() {
        let head = "bailey-root 1\ntemplate t\ndigest d\n"
        #expect(JailRoot(text: head + "layer layers/sha256-1/rootfs\n") != nil)
        for line in [
            "layer /etc", "layer layers/../rootfs", "layer own/../upper", "layer own/x/upper", "image ../../etc",
            "retired ..", "layer layers/a/b/rootfs", "nonsense",
        ] {
            #expect(JailRoot(text: head + line + "\n") == nil, "\(line)")
        }
    }
}
