import LinuxKernel

/// How a build goes beyond what the template file says.
public struct BuildOptions: Equatable, Sendable {
    /// Values for the template's arguments, in place of their defaults.
    public var arguments: [String: String]
    /// Build even if no input changed, to take newer packages in.
    ///
    /// Templates it stands on are not rebuilt.
    public var rebuild: Bool
    /// What programs that honour `SOURCE_DATE_EPOCH` take for now, in seconds since 1970.
    public var sourceDate: Int64

    /// The day Debian 12 came out: any fixed day does, if it is not 1970, when passwords of new accounts count as expired.
    public static var defaultSourceDate: Int64 { 1_686_355_200 }

    /// Makes options.
    public init(
        arguments: [String: String] = [:],
        rebuild: Bool = false,
        sourceDate: Int64 = BuildOptions.defaultSourceDate
    ) {
        self.arguments = arguments
        self.rebuild = rebuild
        self.sourceDate = sourceDate
    }
}

/// Builds templates of a catalog into a store, the ones they stand on first.
///
/// - Precondition: Root: a rootfs has files of many owners. `apt-get`, and for Debian `mmdebstrap`, are on the host.
public struct TemplateBuilder {
    let catalog: TemplateCatalog
    let store: TemplateStore
    let runner: any StepRunner
    /// Seconds of work after which a step's result is kept for the next build.
    var worthKeeping = 1.0

    /// Makes a builder.
    ///
    /// - Parameters:
    ///   - catalog: Where template files are.
    ///   - store: Where the results go.
    ///   - runner: Runs everything of a template that is executed, in a jail.
    public init(catalog: TemplateCatalog, store: TemplateStore, runner: any StepRunner) {
        self.catalog = catalog
        self.store = store
        self.runner = runner
    }

    /// Builds the template `name` unless the store has it from the same input.
    ///
    /// - Parameters:
    ///   - name: A template of the catalog; one that only the store has is taken as it is.
    ///   - options: What the template file does not say.
    ///   - progress: Called from this thread as the build goes on.
    /// - Returns: What the store holds under the name now.
    /// - Throws: ``TemplateError``. The store is as before, but for layers nobody refers to yet.
    public func build(
        _ name: String,
        options: BuildOptions = BuildOptions(),
        progress: @escaping (BuildEvent) -> Void = { _ in }
    ) throws(TemplateError) -> TemplateManifest {
        try build(name, options, below: [], progress)
    }

    private func build(
        _ name: String,
        _ options: BuildOptions,
        below: [String],
        _ progress: @escaping (BuildEvent) -> Void
    ) throws(TemplateError) -> TemplateManifest {
        if below.contains(name) { throw .circle(below + [name]) }
        if catalog.path(of: name) == nil, let stored = try store.lookup(name) { return stored }
        let template = try catalog.load(name, arguments: options.arguments, stored: try store.names())
        var parent: TemplateManifest?
        if case .template(let base) = template.source {
            let plain = BuildOptions(sourceDate: options.sourceDate)
            parent = try build(base, plain, below: below + [name], progress)
        }
        let job = try BuildJob(template, on: parent, options)
        if !options.rebuild, let known = try reuse(job) {
            progress(.unchanged(template: name))
            return known
        }
        return try make(job, progress)
    }

    // The same input under any name will do; only name and defaults may differ.
    private func reuse(_ job: BuildJob) throws(TemplateError) -> TemplateManifest? {
        let name = job.template.name
        let own = try store.lookup(name)
        let known = own?.input == job.input ? own : try store.list().first { $0.input == job.input }
        guard let known, store.isComplete(known) else { return nil }
        let wanted = known.renamed(name, defaults: job.defaults)
        if wanted != own {
            let lock = try StoreLock.take(store, exclusive: true)
            try store.publish(wanted)
            _ = consume lock
        }
        return wanted
    }

    private func make(
        _ job: BuildJob,
        _ progress: @escaping (BuildEvent) -> Void
    ) throws(TemplateError) -> TemplateManifest {
        let name = job.template.name
        let start = ContinuousClock().now
        let build = try BuildDirectory.make(in: store, for: name)
        progress(.started(template: name, steps: job.template.steps.count + 2))
        let run = BuildRun(
            job: job,
            store: store,
            runner: runner,
            progress: progress,
            path: build.path,
            held: build.lock
        )
        let said = try carryOut(job, run)
        var manifest: TemplateManifest?
        _ = try timed(job.keys.count, "store", progress) { () throws(TemplateError) in
            let tree = run.tree
            try attempting("clean the rootfs up") { () throws(SyscallError) in try RootfsCleanup.clean(tree) }
            manifest = try store.commit(build, on: job.parentLayers) { layers, size in
                job.manifest(layers, size, filledFrom: said)
            }
        }
        progress(.finished(template: name, seconds: seconds(ContinuousClock().now - start)))
        guard let manifest else { throw .damaged(file: build.path, reason: "nothing was built") }
        return manifest
    }

    /// Does what the source and the steps say, from the last result on that is kept and still right.
    ///
    /// - Returns: What the source says of how jails are run.
    private func carryOut(_ job: BuildJob, _ run: BuildRun) throws(TemplateError) -> TemplateDefaults? {
        let cache = StepCache(store: store, template: job.template.name)
        let known = job.options.rebuild ? nil : cache.latest(of: job.keys)
        var said = known?.point.defaults
        let done = known.map { $0.index + 1 } ?? 0
        if let known { try run.goOn(from: known.point.layers) }
        for index in 0..<done { run.progress(.reused(index: index + 1, description: job.description(of: index))) }
        let base = known?.point.layers ?? job.parentLayers
        var trail = try StepTrail(cache, keys: job.keys, on: base, worth: worthKeeping)
        for index in done..<job.keys.count {
            let spent = try timed(index, job.description(of: index), run.progress) { () throws(TemplateError) in
                if index == 0 { said = try run.source() } else { try run.step(job.template.steps[index - 1]) }
            }
            try trail.passed(index, seconds: spent, run, said: said)
        }
        cache.forget(allBut: job.keys)
        return said
    }

    /// Does one step and tells of it; returns the seconds it took.
    private func timed(
        _ index: Int,
        _ description: String,
        _ progress: (BuildEvent) -> Void,
        _ body: () throws(TemplateError) -> Void
    ) throws(TemplateError) -> Double {
        progress(.step(index: index + 1, description: description))
        let begin = ContinuousClock().now
        try body()
        let spent = seconds(ContinuousClock().now - begin)
        progress(.stepFinished(index: index + 1, seconds: spent))
        return spent
    }

    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
