import Glibc
import LinuxKernel

/// The finished templates of a host, content-addressed.
///
///     ROOT/layers/sha256-HEX/rootfs      a directory tree, never changed once it has this name
///     ROOT/layers/sha256-HEX/listing     what is in it; the directory's name is the digest of this text
///     ROOT/layers/.building-NAME-…/      a build under way, locked (flock) as long as anybody works on it
///     ROOT/templates/NAME                a manifest
///     ROOT/cache/                        downloaded packages; may be deleted at any time
///
/// Directories are accessible to root only: a rootfs has setuid programs that no user of the host shall run.
public struct TemplateStore: Sendable {
    /// Normally `/var/lib/bailey`.
    public let root: String

    /// Describes the store below `root`; directories are made when first needed.
    public init(root: String) {
        self.root = root
    }

    /// Where layers are.
    public var layersDirectory: String { "\(root)/layers" }
    /// Where manifests are.
    public var templatesDirectory: String { "\(root)/templates" }
    /// What can be downloaded again.
    public var cacheDirectory: String { "\(root)/cache" }

    /// The tree of a layer, fit to be one of overlayfs' lower directories.
    public func rootfs(of layer: Digest) -> String { "\(layersDirectory)/\(layer)/rootfs" }

    /// The trees of a template, the lowest first. (overlayfs' `lowerdir=` wants the lowest last.)
    public func lowerDirectories(of manifest: TemplateManifest) -> [String] {
        manifest.layers.map { rootfs(of: $0) }
    }

    /// All templates, sorted by name.
    ///
    /// - Throws: ``TemplateError/damaged(file:reason:)`` for a manifest that cannot be read: what it needs is unknown,
    ///   so nothing may be concluded from the others alone.
    public func list() throws(TemplateError) -> [TemplateManifest] {
        var found: [TemplateManifest] = []
        for name in try names() {
            if let manifest = try lookup(name) { found.append(manifest) }
        }
        return found
    }

    /// The names of all templates, sorted.
    public func names() throws(TemplateError) -> [String] {
        try attempting("list templates") { () throws(SyscallError) in
            guard Files.exists(templatesDirectory) else { return [] }
            return try Files.list(templatesDirectory).filter(TemplateName.isValid).sorted()
        }
    }

    /// The template called `name`, or `nil`.
    ///
    /// On the start path of every jail: one small file is read.
    public func lookup(_ name: String) throws(TemplateError) -> TemplateManifest? {
        try TemplateName.check(name)
        let path = "\(templatesDirectory)/\(name)"
        let bytes = try attempting("read template") { () throws(SyscallError) -> [UInt8]? in
            do throws(SyscallError) {
                return try Files.readBytes(path, limit: 1 << 20)
            } catch  where error.errno == ENOENT {
                return nil
            }
        }
        guard let bytes else { return nil }
        return try ManifestText.read(bytes, file: path)
    }

    /// The template called `name`.
    ///
    /// - Throws: ``TemplateError/unknown(name:suggestion:)`` with the nearest name there is.
    public func find(_ name: String) throws(TemplateError) -> TemplateManifest {
        if let manifest = try lookup(name) { return manifest }
        throw .unknown(name: name, suggestion: NearestName.to(name, in: try names()))
    }

    /// Takes a template's name away; its layers go with the next ``collectGarbage(isInUse:)``.
    ///
    /// - Parameters:
    ///   - name: A template's name.
    ///   - user: Who uses the template, such as `jail web1`, or `nil` if nobody does.
    /// - Throws: ``TemplateError/inUse(name:by:)``, ``TemplateError/unknown(name:suggestion:)``.
    public func remove(_ name: String, user: (TemplateManifest) -> String?) throws(TemplateError) {
        let lock = try StoreLock.take(self, exclusive: true)
        let manifest = try find(name)
        if let user = user(manifest) { throw .inUse(name: name, by: user) }
        try attempting("remove template") { () throws(SyscallError) in
            try Files.remove("\(templatesDirectory)/\(name)")
        }
        StepCache(store: self, template: name).forget()
        _ = consume lock
    }

    /// Whether every layer of `manifest` is there.
    func isComplete(_ manifest: TemplateManifest) -> Bool {
        manifest.layers.allSatisfy { Files.exists(rootfs(of: $0)) }
    }

    /// Makes the template visible, after checking, under the store's lock, that nobody collected its layers.
    func publish(_ manifest: TemplateManifest) throws(TemplateError) {
        guard isComplete(manifest) else {
            throw .damaged(file: "\(templatesDirectory)/\(manifest.name)", reason: "a layer is gone")
        }
        try attempting("store template") { () throws(SyscallError) in
            let bytes = Array(ManifestText.write(manifest).utf8)
            try Files.replace("\(templatesDirectory)/\(manifest.name)", with: bytes, mode: 0o600, durable: true)
        }
    }

    func makeDirectories() throws(TemplateError) {
        try attempting("make the template store") { () throws(SyscallError) in
            for path in [layersDirectory, templatesDirectory, cacheDirectory] {
                try Files.makeDirectories(path, mode: 0o700)
            }
        }
    }

    /// What is in a layer.
    func listing(of layer: Digest) throws(TemplateError) -> TreeListing {
        let path = "\(layersDirectory)/\(layer)/listing"
        let bytes = try attempting("read layer") { () throws(SyscallError) in
            try Files.readBytes(path, limit: 1 << 30)
        }
        guard DigestStream.of(bytes) == layer,
            let listing = TreeListing(parsing: String(decoding: bytes, as: UTF8.self))
        else { throw .damaged(file: path, reason: "it is not the listing of this layer") }
        return listing
    }
}
