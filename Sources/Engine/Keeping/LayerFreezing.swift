import Glibc
import LinuxKernel
import Storage

extension Engine {
    /// Overlayfs takes 500 layers and a start mounts each; beyond this many a snapshot copies instead of stacking.
    static let mostLayers = 40

    /// Makes what a jail has written a read-only layer (or, of a jail with an image, a copy of it).
    ///
    /// - Returns: The root that shows the jail's files as they are now.
    /// - Precondition: Garbage collection is held off until a record names the layer.
    func freezeLayers(_ hold: borrowing JailHold) throws(EngineError) -> JailRoot {
        let name = hold.name
        let state = layout.stateDirectory(name)
        let layer = WritableLayer(stateDirectory: state)
        guard
            var root = try attempting(
                "reading the root of \(name)",
                { () throws(SyscallError) in
                    try JailRoot.read(layout.rootRecord(name))
                }
            )
        else {
            throw .refused("working on the files of \(name): its root is a directory of the host: use a template")
        }
        let id = OwnLayers.newName()
        if layer.hasImage {
            try standingStill(hold) { () throws(SyscallError) in try copyImage(layer, to: id) }
            root.image = id
            return root
        }
        let isEmpty = try attempting("looking at the files of \(name)") { () throws(SyscallError) in
            try Files.list(layer.upper).isEmpty
        }
        if isEmpty { return root }
        root.layers.append("own/\(id)/upper")
        if !hold.isRunning, root.layers.count <= Self.mostLayers {
            try attempting("making a layer of what \(name) wrote") { () throws(SyscallError) in
                try RootChange(layout, name).run(root, retiring: id)
            }
        } else {
            try standingStill(hold) { () throws(SyscallError) in try copyLayer(layer, to: id) }
        }
        return root
    }

    private func standingStill(
        _ hold: borrowing JailHold,
        _ body: () throws(SyscallError) -> Void
    ) throws(EngineError) {
        let name = hold.name
        guard hold.isRunning else { return try attempting("copying the files of \(name)", body) }
        try Freezing.during(name, self) { () throws(EngineError) in
            try attempting("copying the files of \(name)", body)
        }
    }

    private func copyImage(_ layer: WritableLayer, to id: String) throws(SyscallError) {
        // What the guest wrote is in the page cache of the file system inside: it goes to the image first.
        let mount = try DiskImage.mount(layer.image)
        try FileSystemSpace.sync(mount.number, named: layer.image)
        try OwnLayers(layout).make(id) { folder throws(SyscallError) in
            try DiskImage.copy(layer.image, to: "\(folder)/disk.img")
        }
    }

    private func copyLayer(_ layer: WritableLayer, to id: String) throws(SyscallError) {
        let source = try Files.open(layer.parent, OpenFlag.readOnlyDirectory)
        if Btrfs.isSubvolume(try Files.status("", at: source.number)) {
            let own = try Files.open(layout.ownLayers, OpenFlag.readOnlyDirectory)
            return try Btrfs.snapshot(source.number, as: id, in: own.number)
        }
        try OwnLayers(layout).make(id) { folder throws(SyscallError) in
            let from = try Files.open(layer.upper, OpenFlag.readOnlyDirectory)
            try Files.makeDirectory("\(folder)/upper")
            let to = try Files.open("\(folder)/upper", OpenFlag.readOnlyDirectory)
            try TreeCopy.contents(of: from.number, into: to.number)
        }
    }
}
