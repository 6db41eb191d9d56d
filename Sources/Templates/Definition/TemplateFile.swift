import LinuxKernel
import YAML

/// Reads `template.yaml` files.
public enum TemplateFile {
    /// Reads and checks the template file at `path`.
    ///
    /// - Parameters:
    ///   - path: A host path; copied files are looked for beside it.
    ///   - arguments: Values for arguments that the file declares, in place of their defaults.
    ///   - known: The names `from: { template: … }` may use; `nil` accepts any.
    /// - Returns: The template.
    /// - Throws: ``TemplateError/invalid(_:)`` with all findings; ``TemplateError/unknownArgument(name:template:suggestion:)``.
    public static func load(
        _ path: String,
        arguments: [String: String] = [:],
        known: [String]? = nil
    ) throws(TemplateError) -> Template {
        let bytes = try attempting("read template file") { () throws(SyscallError) in
            try Files.readBytes(path, limit: 1 << 20)
        }
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return try parse(bytes, file: path, directory: directory, arguments: arguments, known: known)
    }

    /// As ``load(_:arguments:known:)``, from the text of the file.
    public static func parse(
        _ text: String,
        file: String,
        directory: String,
        arguments: [String: String] = [:],
        known: [String]? = nil
    ) throws(TemplateError) -> Template {
        try parse(Array(text.utf8), file: file, directory: directory, arguments: arguments, known: known)
    }

    private static func parse(
        _ text: [UInt8],
        file: String,
        directory: String,
        arguments: [String: String],
        known: [String]?
    ) throws(TemplateError) -> Template {
        var reader = TemplateReader(file: file, directory: directory, given: arguments, known: known)
        let template = try reader.read(document(text, file: file))
        if !reader.nodes.findings.isEmpty { throw .invalid(reader.nodes.findings.sorted(by: isBefore)) }
        guard let template else { throw .damaged(file: file, reason: "it says nothing") }
        for name in arguments.keys.sorted() where template.arguments[name] == nil {
            let near = NearestName.to(name, in: template.arguments.keys)
            throw .unknownArgument(name: name, template: template.name, suggestion: near)
        }
        return template
    }

    private static func isBefore(_ left: TemplateFinding, _ right: TemplateFinding) -> Bool {
        (left.line, left.column, left.keyPath) < (right.line, right.column, right.keyPath)
    }

    /// A template has a few kilobytes, most of them scripts, and no key lies as deep as this.
    private static let reader = YAMLReader(bounds: YAMLReader.Bounds(bytes: 1 << 20, depth: 24, nodes: 100_000))

    private static func document(_ text: [UInt8], file: String) throws(TemplateError) -> Node {
        let root: Node?
        do throws(YAMLProblem) {
            root = try reader.document(in: text)
        } catch {
            let words = [.malformed, .unreadable].contains(error.kind) ? "not YAML: \(error.problem)" : error.words
            throw .invalid([finding(error.position, words, file: file)])
        }
        guard let root else { throw .invalid([finding(Position(line: 1, column: 1), "the file is empty", file: file)]) }
        return root
    }

    private static func finding(_ place: Position, _ message: String, file: String) -> TemplateFinding {
        TemplateFinding(
            file: file,
            line: place.line,
            column: place.column,
            keyPath: "",
            message: message,
            suggestion: nil
        )
    }
}
