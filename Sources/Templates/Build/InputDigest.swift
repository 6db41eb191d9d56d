import LinuxKernel

/// The digest of everything a template is made from: equal digests need no second build.
///
/// Left out on purpose: the versions of packages, which would cost a visit to the archive each time (a rebuild is asked
/// for with ``BuildOptions/rebuild``), and the defaults, which change the manifest but no file.
struct InputDigest {
    /// To be raised whenever the builder makes something else from the same template.
    static let builderVersion = "1"

    private var stream = DigestStream()

    static func of(
        _ template: Template,
        parent: TemplateManifest?,
        aptSources: AptSources?,
        sourceDate: Int64
    ) throws(TemplateError) -> Digest {
        var digest = InputDigest()
        digest.add("builder", builderVersion, "\(sourceDate)")
        for (name, value) in template.arguments.sorted(by: { $0.key < $1.key }) { digest.add("argument", name, value) }
        try digest.add(template.source, parent: parent, in: template.directory)
        if let aptSources { digest.add("apt", aptSources.lines, aptSources.stanzas) }
        for step in template.steps { try digest.add(step, in: template.directory) }
        return digest.stream.finish()
    }

    private mutating func add(_ words: String...) { add(words) }

    private mutating func add(_ words: [String]) {
        stream.field("\(words.count)")
        for word in words { stream.field(word) }
    }

    private mutating func add(
        _ source: TemplateSource,
        parent: TemplateManifest?,
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
        case .oci(let image): add("oci", try image.digest(in: directory))
        case .template(let name):
            add("template", name)
            add((parent?.layers ?? []).map(\.hex))
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
        }
    }

    private mutating func add(_ attributes: FileAttributes) {
        add(Self.text(attributes.mode), attributes.owner ?? "-", attributes.group ?? "-")
    }

    private static func text(_ number: UInt32?) -> String { number.map { "\($0)" } ?? "-" }
}
