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
        let clock = ContinuousClock()
        let start = clock.now
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
        var index = 1
        func timed(_ description: String, _ body: () throws(TemplateError) -> Void) throws(TemplateError) {
            progress(.step(index: index, description: description))
            let begin = clock.now
            try body()
            progress(.stepFinished(index: index, seconds: seconds(clock.now - begin)))
            index += 1
        }
        var said: TemplateDefaults?
        try timed(job.template.source.description) { () throws(TemplateError) in said = try run.source() }
        for step in job.template.steps {
            try timed(step.description) { () throws(TemplateError) in try run.step(step) }
        }
        var manifest: TemplateManifest?
        try timed("store") { () throws(TemplateError) in
            let tree = run.tree
            try attempting("clean the rootfs up") { () throws(SyscallError) in try RootfsCleanup.clean(tree) }
            manifest = try store.commit(build, on: job.parentLayers) { layers, size in
                job.manifest(layers, size, filledFrom: said)
            }
        }
        progress(.finished(template: name, seconds: seconds(clock.now - start)))
        guard let manifest else { throw .damaged(file: build.path, reason: "nothing was built") }
        return manifest
    }

    private func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
