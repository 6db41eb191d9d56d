import Glibc
import LinuxKernel

extension TemplateStore {
    /// Makes the finished tree of a build a layer and a template.
    ///
    /// - Parameters:
    ///   - build: Its rootfs is complete; it is moved away.
    ///   - parents: The layers it was built on, the lowest first.
    ///   - describe: Makes the manifest, given all layers and the sum of file sizes.
    /// - Returns: The manifest as stored.
    /// - Throws: Nothing of it is in the store then, but perhaps a layer without a template, which the next
    ///   ``collectGarbage(isInUse:)`` takes.
    func commit(
        _ build: borrowing BuildDirectory,
        on parents: [Digest],
        describe: ([Digest], Int64) -> TemplateManifest
    ) throws(TemplateError) -> TemplateManifest {
        let full = try TreeScan.list(build.rootfs)
        if let odd = full.entries.first(where: { $0.value.kind == .whiteout }) {
            throw .unsuitable(step: "finish", reason: "/\(odd.key.text) is a device node: remove it in the template")
        }
        var base = TreeListing()
        for parent in parents { base = base.applying(try listing(of: parent)) }
        let layer = parents.isEmpty ? full : full.layer(over: base)
        if !parents.isEmpty { try LayerTree.reduce(build.rootfs, showing: full, to: layer) }
        // A build that changes nothing adds no layer.
        let own = layer.entries.isEmpty ? [] : [layer.digest]
        let manifest = describe(parents + own, full.fileBytes)
        try finish(build, layer)
        let lock = try StoreLock.take(self, exclusive: true)
        if !own.isEmpty { try place(build, as: layer.digest) }
        try publish(manifest)
        _ = consume lock
        return manifest
    }

    /// Makes the tree of a build, which is a layer already, one of the store.
    func keep(_ build: borrowing BuildDirectory, _ layer: TreeListing) throws(TemplateError) {
        try finish(build, layer)
        let lock = try StoreLock.take(self, exclusive: true)
        try place(build, as: layer.digest)
        _ = consume lock
    }

    // Everything has to be on disk before a name says that it is complete.
    private func finish(_ build: borrowing BuildDirectory, _ layer: TreeListing) throws(TemplateError) {
        let (path, work) = (build.path, build.work)
        try attempting("store layer") { () throws(SyscallError) in
            try Files.replace("\(path)/listing", with: Array(layer.text.utf8))
            try Files.removeTree(work)
        }
        try HostCommand(["sync", "--file-system", path]).run("write layer to disk")
    }

    private func place(_ build: borrowing BuildDirectory, as layer: Digest) throws(TemplateError) {
        let (path, target) = (build.path, "\(layersDirectory)/\(layer)")
        try attempting("store layer") { () throws(SyscallError) in
            // Somebody else built the same: one copy is enough.
            if !Files.exists(target) { try Files.rename(path, to: target, replacing: false) }
        }
    }

    /// Removes layers that no template and nobody else uses, and what killed builds left.
    ///
    /// - Parameter isInUse: Whether a jail, a snapshot or a clone stands on the layer.
    /// - Returns: The layers removed.
    /// - Throws: ``TemplateError``; what was removed until then is gone, everything else whole.
    @discardableResult
    public func collectGarbage(isInUse: (Digest) -> Bool) throws(TemplateError) -> [Digest] {
        let lock = try StoreLock.take(self, exclusive: true)
        try BuildDirectory.collectAbandoned(in: self)
        var used = try layersOfSteps()
        for manifest in try list() { used.formUnion(manifest.layers) }
        let found = try attempting("list layers") { () throws(SyscallError) in
            try Files.list(layersDirectory).compactMap { Digest($0) }
        }
        let unused = found.filter { !used.contains($0) && !isInUse($0) }
        try attempting("remove layer") { () throws(SyscallError) in
            for layer in unused {
                // The name goes first: a half-removed layer must not look whole.
                let doomed = "\(layersDirectory)/.building-removal-\(layer)"
                try Files.rename("\(layersDirectory)/\(layer)", to: doomed)
                try Files.removeTree(doomed)
            }
        }
        _ = consume lock
        return unused.sorted { $0.hex < $1.hex }
    }
}
