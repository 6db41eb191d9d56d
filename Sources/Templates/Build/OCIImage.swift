import Glibc
import LinuxKernel
import YAML

/// Root file systems of OCI images: a layout directory, an archive of one, docker's archive, or a registry.
///
/// skopeo fetches and compares digests, umoci unpacks: both are the field's own tools. What they write is a stranger's, so
/// umoci runs in a jail that sees the image, the host's programs read-only, and the directory it fills.
extension BuildRun {
    /// Unpacks an image into the rootfs.
    ///
    /// - Returns: What the image says a container of it runs.
    func unpack(_ image: OCISource) throws(TemplateError) -> TemplateDefaults {
        let layout = "\(work)/oci"
        let reference = try image.reference(in: job.template.directory)
        try HostCommand(
            ["skopeo", "--insecure-policy", "copy", "--quiet", reference, "oci:\(layout):image"],
            environment: ["TMPDIR=\(work)"],
            held: held
        ).run("fetch \(image.name)") { progress(.output($0)) }
        let defaults = try OCIConfiguration.read(layout, held: held)
        var tail: [String] = []
        let status: Int32
        do throws(StepRunnerError) {
            status = try runner.unpack(image: layout, into: tree.root) { line in
                tail = tail.suffix(9) + [line]
                progress(.output(line))
            }
        } catch {
            throw .runner(description: "unpack \(image.name)", reason: error.reason)
        }
        if status != 0 {
            throw .step(template: job.template.name, description: "unpack \(image.name)", status: status, output: tail)
        }
        return defaults
    }
}

/// Where an OCI image is.
public struct OCISource: Equatable, Sendable {
    /// As skopeo has it: `docker://…`, or a path beside the template file with the kind in front.
    public let name: String

    /// The kinds that are files beside the template.
    static let localKinds = ["oci", "oci-archive", "docker-archive"]

    /// The kind and what follows; nil for what skopeo would take and a template must not: the host's own stores.
    static func parse(_ text: String) -> (kind: String, rest: String)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let (kind, rest) = (String(text[..<colon]), String(text[text.index(after: colon)...]))
        if kind == "docker" { return rest.hasPrefix("//") && rest.utf8.count > 2 ? (kind, rest) : nil }
        guard localKinds.contains(kind), !rest.isEmpty, !rest.hasPrefix("/") else { return nil }
        return rest.split(separator: "/").contains("..") ? nil : (kind, rest)
    }

    /// What skopeo is given: paths are absolute, and inside the template's directory.
    func reference(in directory: String) throws(TemplateError) -> String {
        guard let (kind, rest) = Self.parse(name) else {
            throw .unsuitable(step: "from \(name)", reason: "no image is called so")
        }
        if kind == "docker" { return name }
        let parts = rest.split(separator: ":", maxSplits: 1).map(String.init)
        let path = try CopiedFiles.hostPath(parts[0], in: directory)
        return ([kind, path] + parts.dropFirst()).joined(separator: ":")
    }

    /// What decides the result: the digest of the image's manifest.
    func digest(in directory: String) throws(TemplateError) -> String {
        let lines = try HostCommand(
            ["skopeo", "inspect", "--raw", try reference(in: directory)]
        ).lines("look at \(name)")
        return DigestStream.of(Array(lines.joined(separator: "\n").utf8)).hex
    }
}

/// The part of an image's configuration that a template keeps.
enum OCIConfiguration {
    static func read(_ layout: String, held: Int32) throws(TemplateError) -> TemplateDefaults {
        let lines = try HostCommand(["skopeo", "inspect", "--config", "oci:\(layout):image"], held: held)
            .lines("read the image's configuration")
        return try parse(lines.joined(separator: "\n"))
    }

    /// JSON is YAML: the one reader for hostile text, with its bounds, does for both.
    static func parse(_ text: String) throws(TemplateError) -> TemplateDefaults {
        let document: Node?
        do throws(YAMLProblem) {
            let bounds = YAMLReader.Bounds(bytes: 4 << 20, depth: 24, nodes: 100_000)
            document = try YAMLReader(bounds: bounds, aliases: .refused).document(in: text)
        } catch {
            throw .damaged(file: "the image's configuration", reason: error.words)
        }
        guard let config = mapping(mapping(document)?["config"]) else { return TemplateDefaults() }
        let command = texts(config["Entrypoint"]) + texts(config["Cmd"])
        let folder = config["WorkingDir"]?.string ?? ""
        let user = config["User"]?.string ?? ""
        let environment = texts(config["Env"]).filter { $0.contains("=") && !$0.hasPrefix("=") }
        return TemplateDefaults(
            command: command.isEmpty ? nil : command,
            environment: environment.isEmpty ? nil : environment.sorted(),
            workingDirectory: folder.hasPrefix("/") ? folder : nil,
            user: user.isEmpty ? nil : user,
            stopSignal: config["StopSignal"]?.string
        )
    }

    private static func mapping(_ node: Node?) -> Node.Mapping? {
        if case .mapping(let mapping)? = node { mapping } else { nil }
    }

    private static func texts(_ node: Node?) -> [String] {
        guard case .sequence(let items)? = node else { return [] }
        return items.items.compactMap { item in item.string.flatMap { $0.utf8.contains(0) ? nil : $0 } }
    }
}
