/// A finished template: which layers, and how a jail made from it behaves.
public struct TemplateManifest: Equatable, Sendable {
    /// The name in the store.
    public let name: String
    /// Over layers and defaults: equal digests, equal templates.
    public let digest: Digest
    /// Over everything the template was built from; an unchanged one is not built again.
    public let input: Digest
    /// Seconds since 1970.
    public let builtAt: Int64
    /// Directories below ``TemplateStore/layersDirectory``, the lowest first.
    public let layers: [Digest]
    /// Sizes of all files the rootfs shows, in bytes.
    public let size: Int64
    /// Where further Debian packages come from; `nil` if the rootfs is not made of them.
    public let archive: DebianArchive?
    /// What a jail runs unless its profile says otherwise.
    ///
    /// Values that no template file said are `nil`.
    public let defaults: TemplateDefaults

    init(
        name: String,
        input: Digest,
        builtAt: Int64,
        layers: [Digest],
        size: Int64,
        archive: DebianArchive?,
        defaults: TemplateDefaults
    ) {
        self.name = name
        self.input = input
        self.builtAt = builtAt
        self.layers = layers
        self.size = size
        self.archive = archive
        self.defaults = defaults
        var stream = DigestStream()
        for layer in layers { stream.field("layer \(layer)") }
        for line in ManifestText.lines(of: defaults) { stream.field(line) }
        digest = stream.finish()
    }

    /// The same content under another name, or with other defaults.
    func renamed(_ name: String, defaults: TemplateDefaults) -> TemplateManifest {
        TemplateManifest(
            name: name,
            input: input,
            builtAt: builtAt,
            layers: layers,
            size: size,
            archive: archive,
            defaults: defaults
        )
    }
}
