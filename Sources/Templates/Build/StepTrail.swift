import Glibc
import LinuxKernel

/// Follows a build from step to step and keeps in ``StepCache`` what costly ones left.
///
/// A result is kept as one layer over the result kept before it. It is a copy: the steps that follow write to the tree.
struct StepTrail {
    /// Seconds of work after which a result is worth its copy.
    let worth: Double
    private let cache: StepCache
    private let keys: [Digest]
    private var memory = ScanMemory()
    private var kept = TreeListing()
    private var layers: [Digest]
    private var spent = 0.0

    /// A trail that begins on `layers`, the lowest first.
    init(
        _ cache: StepCache,
        keys: [Digest],
        on layers: [Digest],
        worth: Double
    ) throws(TemplateError) {
        (self.cache, self.keys, self.layers, self.worth) = (cache, keys, layers, worth)
        for layer in layers { kept = kept.applying(try cache.store.listing(of: layer)) }
    }

    /// A step is over that took `seconds`; keeps the tree if that and what came before it were costly.
    ///
    /// A tree that no layer can carry (with names that are no text, say) is not kept: the build decides about it at its
    /// end.
    mutating func passed(
        _ index: Int,
        seconds: Double,
        _ run: BuildRun,
        said: TemplateDefaults?
    ) throws(TemplateError) {
        spent += seconds
        guard spent >= worth, keys.indices.contains(index) else { return }
        let tree = run.tree
        // What a source put there is never seen in a jail, and device nodes fit no layer.
        try attempting("keep a step's result") { () throws(SyscallError) in try tree.empty("/dev") }
        guard let full = try? TreeScan.list(tree.root, &memory),
            !full.entries.contains(where: { $0.value.kind == .whiteout })
        else { return }
        let layer = full.layer(over: kept)
        if !layer.entries.isEmpty {
            try store(layer, of: tree.root)
            layers.append(layer.digest)
        }
        try cache.keep(run.job.point(layers, key: keys[index], said), at: index)
        kept = full
        spent = 0
    }

    private func store(_ layer: TreeListing, of tree: String) throws(TemplateError) {
        let build = try BuildDirectory.make(in: cache.store, for: "step")
        let rootfs = build.rootfs
        let wanted = Set(layer.entries.keys.map(\.bytes))
        try attempting("keep a step's result") { () throws(SyscallError) in
            let from = try Files.open(tree, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            let to = try Files.open(rootfs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            var options = TreeCopyOptions()
            options.isWanted = { path in wanted.contains(path) }
            try TreeCopy.contents(of: from.number, into: to.number, options)
            for (path, entry) in layer.entries where entry.kind == .whiteout {
                try RawFiles.makeWhiteout("\(rootfs)/\(path.text)")
            }
        }
        try cache.store.keep(build, layer)
    }
}

extension BuildJob {
    /// What is written down of a step's result.
    func point(_ layers: [Digest], key: Digest, _ said: TemplateDefaults?) -> TemplateManifest {
        TemplateManifest(
            name: template.name,
            input: key,
            builtAt: RawFiles.now(),
            layers: layers,
            size: 0,
            archive: nil,
            defaults: said ?? TemplateDefaults()
        )
    }
}
