import LinuxKernel

/// The digest of everything a template is made from: equal digests need no second build.
///
/// Left out on purpose: the versions of packages, which would cost a visit to the archive each time (a rebuild is asked
/// for with ``BuildOptions/rebuild``), and the defaults, which change the manifest but no file.
struct InputDigest {
    /// To be raised whenever the builder makes something else from the same template.
    static let builderVersion = "1"

    private var stream = DigestStream()

    /// What a build begins with, beside the template file.
    struct Source {
        let parent: TemplateManifest?
        let aptSources: AptSources?
        /// The digest of an OCI image's manifest.
        let image: String?
        let date: Int64
    }

    static func of(_ template: Template, _ source: Source) throws(TemplateError) -> Digest {
        var digest = InputDigest()
        digest.add("builder", builderVersion, "\(source.date)")
        for (name, value) in template.arguments.sorted(by: { $0.key < $1.key }) { digest.add("argument", name, value) }
        try digest.add(template.source, source, in: template.directory)
        if let apt = source.aptSources { digest.add("apt", apt.lines, apt.stanzas) }
        for step in template.steps { try digest.add(step, in: template.directory) }
        return digest.stream.finish()
    }

    /// A digest for the source and one for each step: of all that the tree after it follows from.
    ///
    /// Arguments count from the first step on that can see them beside what they were put into.
    static func steps(_ template: Template, _ source: Source) throws(TemplateError) -> [Digest] {
        var first = InputDigest()
        first.add("steps of builder", builderVersion, "\(source.date)")
        try first.add(template.source, source, in: template.directory)
        if let apt = source.aptSources { first.add("apt", apt.lines, apt.stanzas) }
        var keys = [first.stream.finish()]
        for step in template.steps {
            var digest = InputDigest()
            digest.add("after", keys.last?.hex ?? "")
            if case .run = step {
                for (name, value) in template.arguments.sorted(by: { $0.key < $1.key }) {
                    digest.add("argument", name, value)
                }
            }
            try digest.add(step, in: template.directory)
            keys.append(digest.stream.finish())
        }
        return keys
    }

    private mutating func add(_ words: String...) { add(words) }

    private mutating func add(_ words: [String]) {
        stream.field("\(words.count)")
        for word in words { stream.field(word) }
    }

    private mutating func add(
        _ source: TemplateSource,
        _ from: Source,
        in directory: String
    ) throws(TemplateError) {
        switch source {
        case .empty: add("empty")
        case .debian(let debian):
            add("debian", debian.archive.release, debian.archive.mirror ?? "", "\(debian.isMinimalBase)")
            add(debian.archive.components)
            add(debian.packages)
            add(debian.exclude)
        case .tar(let file, _): add("tar", try CopiedFiles.archive(file, in: directory).hex)
        case .oci: add("oci", from.image ?? "")
        case .template(let name):
            add("template", name)
            add((from.parent?.layers ?? []).map(\.hex))
        }
    }

    private mutating func add(_ step: TemplateStep, in directory: String) throws(TemplateError) {
        switch step {
        case .packages(let names): add(["packages"] + names)
        case .extract(let packages, let only):
            add(["extract"] + packages)
            add(only)
        case .copy(let copy):
            add("copy", copy.to)
            add(copy.attributes)
            for (path, file) in try CopiedFiles.list(copy.from, in: directory) {
                add(path, file.line(for: TreePath("")))
            }
        case .run(let run):
            add(["run"] + run.command)
            add(run.environment)
            add(run.workingDirectory, run.user, "\(run.needsNetwork)")
        case .user(let user):
            add("user", user.name, Self.text(user.uid), Self.text(user.gid), user.home, user.shell, "\(user.isSystem)")
            add(user.groups)
        case .file(let file):
            add("file", file.path, file.content)
            add(file.attributes)
        case .directory(let path, let attributes):
            add("directory", path)
            add(attributes)
        case .symlink(let path, let target): add("symlink", path, target)
        case .service(let service):
            add("service", service.name, "\(service.isEnabled)", service.user)
            add(service.command)
        }
    }

    private mutating func add(_ attributes: FileAttributes) {
        add(Self.text(attributes.mode), attributes.owner ?? "-", attributes.group ?? "-")
    }

    private static func text(_ number: UInt32?) -> String { number.map { "\($0)" } ?? "-" }
}
