/// A template that may have to be built: its file, what it stands on, and what follows from both.
struct BuildJob {
    let template: Template
    let parentLayers: [Digest]
    /// Where Debian packages come from; `nil` if the rootfs is not made of them.
    let archive: DebianArchive?
    /// That archive as lines for apt, or what this host has.
    let aptSources: AptSources?
    let input: Digest
    /// What the file says, and where it is silent what the parent says.
    let defaults: TemplateDefaults
    let sourceDate: Int64

    init(_ template: Template, on parent: TemplateManifest?, _ options: BuildOptions) throws(TemplateError) {
        self.template = template
        parentLayers = parent?.layers ?? []
        if case .debian(let debian) = template.source { archive = debian.archive } else { archive = parent?.archive }
        if let archive {
            aptSources = try AptSources.of(archive)
        } else {
            aptSources = template.steps.contains(where: \.fetchesPackages) ? try AptSources.ofHost() : nil
        }
        sourceDate = options.sourceDate
        defaults = template.defaults.filled(from: parent?.defaults)
        input = try InputDigest.of(template, parent: parent, aptSources: aptSources, sourceDate: options.sourceDate)
    }

    func manifest(_ layers: [Digest], _ size: Int64, filledFrom said: TemplateDefaults? = nil) -> TemplateManifest {
        TemplateManifest(
            name: template.name,
            input: input,
            builtAt: RawFiles.now(),
            layers: layers,
            size: size,
            archive: archive,
            defaults: defaults.filled(from: said)
        )
    }
}

extension TemplateDefaults {
    /// These, and where they are silent what `parent` says.
    ///
    /// Environments are merged by name.
    func filled(from parent: TemplateDefaults?) -> TemplateDefaults {
        guard let parent else { return self }
        var names: [String: String] = [:]
        for item in (parent.environment ?? []) + (environment ?? []) {
            names[String(item.prefix { $0 != "=" })] = item
        }
        let merged = names.sorted { $0.key < $1.key }.map(\.value)
        return TemplateDefaults(
            command: command ?? parent.command,
            environment: merged.isEmpty ? nil : merged,
            workingDirectory: workingDirectory ?? parent.workingDirectory,
            user: user ?? parent.user,
            initKind: initKind ?? parent.initKind,
            stopSignal: stopSignal ?? parent.stopSignal
        )
    }
}

extension TemplateStep {
    var fetchesPackages: Bool {
        switch self {
        case .packages, .extract: true
        default: false
        }
    }

    /// A few words for progress and messages.
    var description: String {
        switch self {
        case .packages(let names): "packages \(names.joined(separator: " "))"
        case .extract(let names, _): "extract \(names.joined(separator: " "))"
        case .copy(let copy): "copy \(copy.from) to \(copy.to)"
        case .run(let run): "run \(Self.short(run.command))"
        case .user(let user): "user \(user.name)"
        case .file(let file): "file \(file.path)"
        case .directory(let path, _): "directory \(path)"
        case .symlink(let path, _): "symlink \(path)"
        }
    }

    private static func short(_ command: [String]) -> String {
        let words = command.starts(with: ["/bin/sh", "-eu", "-c"]) ? Array(command.dropFirst(3)) : command
        let line = words.joined(separator: " ").split(separator: "\n").first.map(String.init) ?? ""
        return line.count > 60 ? "\(line.prefix(57))..." : line
    }
}

extension TemplateSource {
    /// A few words for progress and messages.
    var description: String {
        switch self {
        case .empty: "from empty"
        case .debian(let debian): "from Debian \(debian.archive.release)"
        case .tar(let file, _): "from \(file)"
        case .oci(let image): "from image \(image.name)"
        case .template(let name): "from template \(name)"
        }
    }
}
