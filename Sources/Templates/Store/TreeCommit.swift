import Glibc
import LinuxKernel

extension TemplateStore {
    /// Makes a template of a tree that somebody shows: what a jail has become.
    ///
    /// Only what the layers below it lack becomes a new layer.
    ///
    /// - Parameters:
    ///   - tree: The open root directory; nobody writes to it meanwhile.
    ///   - name: The template's name, which must be new unless `replacing` is set.
    ///   - base: The template that the tree began as: for its defaults and its Debian archive.
    ///   - layers: The layers that the tree stands on, the lowest first.
    ///   - replacing: Take the name from the template that has it.
    /// - Returns: What the store holds under the name now.
    /// - Throws: ``TemplateError``; the store is then as before.
    @discardableResult
    public func commit(
        tree: Int32,
        as name: String,
        like base: TemplateManifest?,
        on layers: [Digest],
        replacing: Bool
    ) throws(TemplateError) -> TemplateManifest {
        if try lookup(name) != nil, !replacing { throw .inUse(name: name, by: "the template of that name") }
        let build = try BuildDirectory.make(in: self, for: name)
        let rootfs = build.rootfs
        try attempting("copy the tree") { () throws(SyscallError) in
            let folder = try Files.open(rootfs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            var options = TreeCopyOptions()
            options.specialFiles = false
            try TreeCopy.contents(of: tree, into: folder.number, options)
            try RootfsCleanup.clean(RootedTree(root: rootfs))
        }
        return try commit(build, on: layers) { all, size in
            var input = DigestStream()
            for layer in all { input.field("commit \(layer)") }
            return TemplateManifest(
                name: name,
                input: input.finish(),
                builtAt: RawFiles.now(),
                layers: all,
                size: size,
                archive: base?.archive,
                defaults: base?.defaults ?? TemplateDefaults()
            )
        }
    }
}
