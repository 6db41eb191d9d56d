import Glibc
import LinuxKernel

extension TemplateStore {
    /// Makes a template from a tar archive of a rootfs: plain, gzip, xz or Zstandard.
    ///
    /// The archive may come from anybody: see ``TarExtractor`` for what is refused and why nothing is written outside.
    ///
    /// - Parameters:
    ///   - path: A host file.
    ///   - name: The template's name, which must be new unless `replacing` is set.
    ///   - replacing: Take the name from the template that has it.
    ///   - defaults: What jails do; where it is silent, what the archive says if ``export(_:to:)`` made it.
    ///   - limits: How much the archive may unpack to.
    /// - Returns: What the store holds under the name now.
    /// - Throws: ``TemplateError/archive(entry:name:reason:)`` for what is refused; the store is then as before.
    @discardableResult
    public func `import`(
        _ path: String,
        as name: String,
        replacing: Bool = false,
        defaults: TemplateDefaults = TemplateDefaults(),
        limits: ArchiveLimits = ArchiveLimits()
    ) throws(TemplateError) -> TemplateManifest {
        let file = try attempting("open archive") { () throws(SyscallError) in try Files.open(path, O_RDONLY) }
        return try importArchive(file.number, path, as: name, replacing, defaults, limits)
    }

    /// As ``import(_:as:replacing:defaults:limits:)``, from a stream such as standard input, which is first written to
    /// a file in the store: at most `limits.bytes`.
    @discardableResult
    public func importStream(
        _ fd: Int32,
        as name: String,
        replacing: Bool = false,
        defaults: TemplateDefaults = TemplateDefaults(),
        limits: ArchiveLimits = ArchiveLimits()
    ) throws(TemplateError) -> TemplateManifest {
        let build = try BuildDirectory.make(in: self, for: "import")
        let path = "\(build.work)/archive"
        let spool = try attempting("receive archive") { () throws(SyscallError) in
            let spool = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
            var size: Int64 = 0
            while true {
                let bytes = try Files.readSome(fd, named: "archive", upTo: 1 << 18)
                if bytes.isEmpty { break }
                size += Int64(bytes.count)
                if size > limits.bytes { throw SyscallError(call: "read", subject: "archive", errno: EFBIG) }
                try Files.write(spool.number, bytes, named: path)
            }
            if lseek(spool.number, 0, SEEK_SET) != 0 { throw SyscallError(call: "lseek", subject: path, errno: errno) }
            return spool
        }
        return try importArchive(spool.number, "archive", as: name, replacing, defaults, limits)
    }

    private func importArchive(
        _ file: Int32,
        _ label: String,
        as name: String,
        _ replacing: Bool,
        _ defaults: TemplateDefaults,
        _ limits: ArchiveLimits
    ) throws(TemplateError) -> TemplateManifest {
        if try lookup(name) != nil, !replacing { throw .inUse(name: name, by: "the template of that name") }
        let build = try BuildDirectory.make(in: self, for: name)
        let tree = RootedTree(root: build.rootfs)
        try ArchiveFile.unpack(file, named: label, with: TarExtractor(tree: tree, limits: limits))
        let carried = try takeManifest(from: tree)
        try attempting("prepare the rootfs") { () throws(SyscallError) in try Mountpoints.make(in: tree) }
        return try commit(build, on: []) { layers, size in
            var input = DigestStream()
            for layer in layers { input.field("import \(layer)") }
            // A mirror that a stranger's archive names is not asked for packages.
            let archive = carried?.archive.map {
                DebianArchive(release: $0.release, mirror: nil, components: $0.components)
            }
            return TemplateManifest(
                name: name,
                input: input.finish(),
                builtAt: RawFiles.now(),
                layers: layers,
                size: size,
                archive: archive,
                defaults: defaults.filled(from: carried?.defaults)
            )
        }
    }

    // Not part of the rootfs. A damaged one is an error: the archive was meant to carry one.
    private func takeManifest(from tree: RootedTree) throws(TemplateError) -> TemplateManifest? {
        let path = "/\(Self.manifestEntry)"
        let text = try attempting("read the archive's manifest") { () throws(SyscallError) in
            let text = try tree.text(path, limit: 1 << 20)
            try tree.remove(path)
            return text
        }
        guard let text else { return nil }
        let manifest = try ManifestText.read(Array(text.utf8), file: Self.manifestEntry)
        let words = (manifest.archive?.components ?? []) + [manifest.archive?.release ?? "none"]
        guard words.allSatisfy(NodeReader.isPackageName) else {
            throw .damaged(file: Self.manifestEntry, reason: "no such Debian release")
        }
        return manifest
    }
}
