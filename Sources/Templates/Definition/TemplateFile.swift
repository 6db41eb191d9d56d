import LinuxKernel
import Yams

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
        let text = String(decoding: bytes, as: UTF8.self)
        return try parse(text, file: path, directory: directory, arguments: arguments, known: known)
    }

    /// As ``load(_:arguments:known:)``, from the text of the file.
    public static func parse(
        _ text: String,
        file: String,
        directory: String,
        arguments: [String: String] = [:],
        known: [String]? = nil
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

    private static func document(_ text: String, file: String) throws(TemplateError) -> Node {
        do {
            if let node = try Yams.compose(yaml: text) { return node }
        } catch let error as YamlError {
            throw .invalid([finding(error, file: file)])
        } catch {
            throw .damaged(file: file, reason: "not YAML")
        }
        throw .invalid([finding(line: 1, column: 1, "the file is empty", file: file)])
    }

    private static func finding(_ error: YamlError, file: String) -> TemplateFinding {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            finding(line: mark.line, column: mark.column, "not YAML: \(problem)", file: file)
        case .duplicatedKeysInMapping(let keys, let context):
            finding(
                line: context.mark.line,
                column: context.mark.column,
                "the key \"\(keys.sorted().joined(separator: ", "))\" is there twice",
                file: file
            )
        default:
            finding(line: 1, column: 1, "not YAML", file: file)
        }
    }

    private static func finding(line: Int, column: Int, _ message: String, file: String) -> TemplateFinding {
        TemplateFinding(file: file, line: line, column: column, keyPath: "", message: message, suggestion: nil)
    }
}
