import LinuxKernel

/// The template files that can be built: every `NAME/template.yaml` in a list of directories.
public struct TemplateCatalog: Sendable {
    /// Host directories; an earlier one hides a template of the same name in a later one.
    public let directories: [String]

    /// Makes a catalog; a directory that does not exist has no templates.
    public init(directories: [String]) {
        self.directories = directories
    }

    /// The names of all templates, sorted.
    public func names() -> [String] {
        var names: Set<String> = []
        for directory in directories {
            for name in (try? Files.list(directory)) ?? []
            where TemplateName.isValid(name) && Files.exists("\(directory)/\(name)/template.yaml") {
                names.insert(name)
            }
        }
        return names.sorted()
    }

    /// Reads the template called `name`.
    ///
    /// - Parameters:
    ///   - name: The directory's name, which must be the one inside the file too.
    ///   - arguments: Values in place of the defaults of the template's arguments.
    ///   - stored: Names of templates in the store, which `from: { template: … }` may use as well.
    /// - Returns: The template.
    /// - Throws: ``TemplateError/unknown(name:suggestion:)``, and what ``TemplateFile/load(_:arguments:known:)`` throws.
    public func load(
        _ name: String,
        arguments: [String: String] = [:],
        stored: [String] = []
    ) throws(TemplateError) -> Template {
        try TemplateName.check(name)
        let names = names()
        guard let path = path(of: name) else {
            throw .unknown(name: name, suggestion: NearestName.to(name, in: names))
        }
        let template = try TemplateFile.load(path, arguments: arguments, known: names + stored)
        guard template.name == name else {
            throw .damaged(
                file: path,
                reason: "metadata.name is \"\(template.name)\", but the directory is \"\(name)\""
            )
        }
        return template
    }

    func path(of name: String) -> String? {
        directories.lazy.map { "\($0)/\(name)/template.yaml" }.first { Files.exists($0) }
    }
}
