import Glibc
import LinuxKernel

extension TemplateStore {
    /// Compares every byte, owner, mode and attribute of a template's layers with what their names say.
    ///
    /// - Throws: ``TemplateError/damaged(file:reason:)`` with the first layer that is another.
    public func verify(_ manifest: TemplateManifest) throws(TemplateError) {
        for layer in manifest.layers { try verify(layerAt: "\(layersDirectory)/\(layer)", named: "\(layer)") }
    }

    /// Compares the layer in a directory with the digest that it is to have.
    public func verify(layerAt directory: String, named name: String) throws(TemplateError) {
        guard let digest = Digest(name) else { throw .damaged(file: directory, reason: "\(name) is no digest") }
        let found = try TreeScan.list("\(directory)/rootfs")
        guard found.digest == digest else {
            let reason = "its files are \(found.digest), not \(digest)"
            throw .damaged(file: directory, reason: reason + ": remove the template and build or import it again")
        }
        let path = "\(directory)/listing"
        let listing = try attempting("read layer") { () throws(SyscallError) in
            try Files.readBytes(path, limit: 1 << 30)
        }
        guard DigestStream.of(listing) == digest else {
            throw .damaged(file: path, reason: "it is not the listing of this layer")
        }
    }

    /// Takes a manifest that came with a jail, unless there is a template of that name.
    ///
    /// All its layers must be here.
    public func adopt(_ manifest: [UInt8], as name: String) throws(TemplateError) {
        guard !manifest.isEmpty, try lookup(name) == nil else { return }
        let read = try ManifestText.read(manifest, file: "the stream's template")
        guard read.name == name, isComplete(read) else { return }
        try makeDirectories()
        let lock = try StoreLock.take(self, exclusive: true)
        try publish(read)
        _ = consume lock
    }
}
