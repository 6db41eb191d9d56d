import LinuxKernel
import YAML

/// Turns a YAML document into a ``Template``: the outer keys, the source and the defaults.
///
/// Steps: `StepReading`.
struct TemplateReader {
    var nodes: NodeReader
    let directory: String
    let given: [String: String]
    let known: [String]?

    init(file: String, directory: String, given: [String: String], known: [String]?) {
        nodes = NodeReader(file: file)
        self.directory = directory
        self.given = given
        self.known = known
    }

    /// The template, or `nil` with findings.
    mutating func read(_ document: Node) -> Template? {
        guard let top = nodes.section(document, "", keys: ["apiVersion", "kind", "metadata", "spec"]) else {
            return nil
        }
        fixed(top, "apiVersion", "bailey/v1")
        fixed(top, "kind", "Template")
        let metadata = readMetadata(top)
        guard let node = nodes.value(top, "spec", required: true),
            let spec = nodes.section(node, "spec", keys: ["arguments", "from", "steps", "defaults"])
        else { return nil }
        nodes.arguments = readArguments(spec)
        let source = nodes.value(spec, "from", required: true).flatMap { readSource($0) }
        let steps = readSteps(spec)
        let defaults = readDefaults(spec)
        guard let metadata, let source else { return nil }
        return Template(
            name: metadata.name,
            summary: metadata.summary,
            directory: directory,
            arguments: nodes.arguments,
            source: source,
            steps: steps,
            defaults: defaults
        )
    }

    private mutating func fixed(_ section: Section, _ key: String, _ expected: String) {
        guard let node = nodes.value(section, key, required: true) else { return }
        if node.string != expected { nodes.note(node, section.path(key), "must be \"\(expected)\"") }
    }

    private mutating func readMetadata(_ top: Section) -> (name: String, summary: String)? {
        guard let node = nodes.value(top, "metadata", required: true),
            let section = nodes.section(node, "metadata", keys: ["name", "description"])
        else { return nil }
        let summary = nodes.text(section, "description") ?? ""
        guard let name = nodes.text(section, "name", required: true) else { return nil }
        if !TemplateName.isValid(name), let node = nodes.value(section, "name") {
            nodes.note(node, "metadata.name", TemplateError.badName(name).description)
        }
        return (name, summary)
    }

    private mutating func readArguments(_ spec: Section) -> [String: String] {
        var values: [String: String] = [:]
        for (name, value) in nodes.pairs(spec, "arguments", verbatim: true) ?? [] {
            values[name] = given[name] ?? value
        }
        return values
    }

    // `from: empty`, or a mapping with exactly one key.
    private mutating func readSource(_ node: Node) -> TemplateSource? {
        let kinds = ["empty", "mmdebstrap", "tar", "oci", "template"]
        if let word = node.string {
            if word == "empty" { return .empty }
            let near = NearestName.to(word, in: kinds)
            nodes.note(node, "spec.from", "\"empty\" or a mapping belongs here", suggestion: near)
            return nil
        }
        guard let section = nodes.section(node, "spec.from", keys: kinds) else { return nil }
        guard section.mapping.count == 1, let kind = section.mapping.keys.first?.string else {
            nodes.note(node, "spec.from", "exactly one of \(kinds.joined(separator: ", ")) belongs here")
            return nil
        }
        switch kind {
        case "empty": return .empty
        case "mmdebstrap": return readDebian(section)
        case "tar": return readTar(section)
        case "oci": return readImage(section)
        case "template": return readParent(section)
        default: return nil
        }
    }

    private mutating func readDebian(_ from: Section) -> TemplateSource? {
        let keys = ["release", "mirror", "components", "variant", "packages", "exclude"]
        guard let node = nodes.value(from, "mmdebstrap"),
            let section = nodes.section(node, from.path("mmdebstrap"), keys: keys)
        else { return nil }
        let components = nodes.texts(section, "components") ?? ["main"]
        let variant = nodes.choice(section, "variant", of: ["essential", "minbase"]) ?? "minbase"
        let packages = nodes.value(section, "packages").flatMap { nodes.packages($0, section.path("packages")) }
        let exclude = nodes.texts(section, "exclude") ?? []
        let mirror = nodes.text(section, "mirror")
        if let mirror, !DebianArchive.isURI(mirror), let node = nodes.value(section, "mirror") {
            nodes.note(node, section.path("mirror"), "the URI of a Debian archive belongs here")
        }
        guard let release = nodes.text(section, "release", required: true) else { return nil }
        for word in components + [release] where !NodeReader.isPackageName(word) {
            nodes.note(section.node, section.keyPath, "\"\(word)\" cannot be a release or component")
        }
        return .debian(
            DebianSource(
                archive: DebianArchive(release: release, mirror: mirror, components: components),
                isMinimalBase: variant == "minbase",
                packages: packages ?? [],
                exclude: exclude
            )
        )
    }

    private mutating func readTar(_ from: Section) -> TemplateSource? {
        guard let node = nodes.value(from, "tar"),
            let section = nodes.section(node, from.path("tar"), keys: ["file", "sha256"])
        else { return nil }
        let digest = nodes.text(section, "sha256")
        if let digest, digest.utf8.count != 64 || !digest.allSatisfy(\.isHexDigit), let node = section.mapping["sha256"]
        {
            nodes.note(node, section.path("sha256"), "64 hexadecimal digits belong here")
        }
        guard let file = existingFile(section, "file") else { return nil }
        return .tar(file: file, sha256: digest?.lowercased())
    }

    private mutating func readImage(_ from: Section) -> TemplateSource? {
        guard let node = nodes.value(from, "oci"), let name = nodes.text(node, from.path("oci")) else { return nil }
        guard OCISource.parse(name) != nil else {
            let forms = "docker://HOST/NAME:TAG, oci:DIR:TAG, oci-archive:FILE or docker-archive:FILE"
            nodes.note(node, from.path("oci"), "\(forms) belongs here, DIR and FILE beside the template file")
            return nil
        }
        return .oci(OCISource(name: name))
    }

    private mutating func readParent(_ from: Section) -> TemplateSource? {
        guard let node = nodes.value(from, "template"), let name = nodes.text(node, from.path("template")) else {
            return nil
        }
        if let known, !known.contains(name) {
            let near = NearestName.to(name, in: known)
            nodes.note(node, from.path("template"), "there is no template \"\(name)\"", suggestion: near)
        }
        return .template(name)
    }

    private mutating func readDefaults(_ spec: Section) -> TemplateDefaults {
        let keys = ["command", "environment", "workingDirectory", "user", "init", "stopSignal"]
        guard let node = nodes.value(spec, "defaults"), let section = nodes.section(node, "spec.defaults", keys: keys)
        else { return TemplateDefaults() }
        let signals = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGPWR", "SIGUSR1", "SIGUSR2", "SIGWINCH"]
        return TemplateDefaults(
            command: nodes.texts(section, "command"),
            environment: nodes.pairs(section, "environment").map { pairs in pairs.map { "\($0.name)=\($0.value)" } },
            workingDirectory: nodes.path(section, "workingDirectory"),
            user: nodes.text(section, "user"),
            initKind: nodes.choice(section, "init", of: TemplateInit.allCases.map(\.rawValue)).flatMap(
                TemplateInit.init
            ),
            stopSignal: nodes.choice(section, "stopSignal", of: signals)
        )
    }

    /// A path beside the template file at which there is something.
    mutating func existingFile(_ section: Section, _ key: String) -> String? {
        guard let path = nodes.relativePath(section, key) else { return nil }
        if !Files.exists("\(directory)/\(path)"), let node = nodes.value(section, key) {
            let siblings = (try? Files.list(directory)) ?? []
            let near = NearestName.to(path, in: siblings)
            nodes.note(node, section.path(key), "there is no \"\(path)\" beside the template file", suggestion: near)
        }
        return path
    }
}
