/// Reads profiles and jails: text in, a ``JailSpec`` with the origin of each value out, or findings.
///
///     let loader = ProfileLoader(library: ProfileLibrary(folders: folders, load: read))
///     var resolution = loader.load(file: path, text: text)
///     resolution.findings += resolution.spec.override("resources.memory.max", with: "1GiB", flag: "--memory")
///     resolution.findings += resolution.spec.check()
///
/// It touches the host through the library's closures only.
public struct ProfileLoader {
    /// What came out.
    public struct Resolution: Sendable {
        /// The spec; where there are errors, as far as it could be read.
        public var spec: JailSpec
        /// Everything that is wrong, in the order of file, line and column.
        public var findings: [Finding]

        /// Makes a result, as of a start without any file.
        public init(spec: JailSpec, findings: [Finding]) {
            self.spec = spec
            self.findings = findings
        }
    }

    private let library: ProfileLibrary
    private let rules: ReadingRules

    /// Makes a loader that finds profiles in `library` and knows the names in `vocabulary`.
    public init(library: ProfileLibrary, vocabulary: Vocabulary = .standard) {
        self.library = library
        rules = ReadingRules(vocabulary: vocabulary)
    }

    /// The spec of the jail or profile in `text`, laid over `profiles` in their order, laid over the defaults.
    ///
    /// - Parameters:
    ///   - file: What findings and origins call the file.
    ///   - text: Its text, UTF-8.
    ///   - profiles: Names of profiles given by flags.
    /// - Returns: The spec and all findings, those about contradictions too.
    public func load(file: String, text: String, profiles: [String] = []) -> Resolution {
        let (documents, findings) = ProfileText.documents(text, file: file, rules)
        var result = Resolution(spec: JailSpec(), findings: findings)
        guard documents.count <= 1 else {
            result.findings.append(
                Finding(
                    file: file,
                    line: documents[1].position.line,
                    column: documents[1].position.column,
                    message: "the file holds \(documents.count) documents, where one is expected; apply takes several"
                )
            )
            return result
        }
        if documents.isEmpty, findings.isEmpty {
            result.findings.append(Finding(file: file, message: "the file holds no document"))
        }
        resolve(documents.first, profiles, into: &result)
        return result
    }

    /// The specs of all jails and profiles in a file with several documents, each on its own.
    public func loadAll(file: String, text: String) -> [Resolution] {
        let (documents, findings) = ProfileText.documents(text, file: file, rules)
        var results = documents.map { document in
            var result = Resolution(spec: JailSpec(), findings: [])
            resolve(document, [], into: &result)
            return result
        }
        if !findings.isEmpty {
            if results.isEmpty { results.append(Resolution(spec: JailSpec(), findings: [])) }
            results[0].findings.insert(contentsOf: findings, at: 0)
        }
        return results
    }

    /// The spec of `profiles`, given by `flag`, laid over the defaults in their order.
    public func load(profiles: [String], flag: String = "--profile") -> Resolution {
        var result = Resolution(spec: JailSpec(), findings: [])
        resolve(nil, profiles, flag: flag, into: &result)
        return result
    }

    private func resolve(
        _ document: Document?,
        _ profiles: [String],
        flag: String = "--profile",
        into result: inout Resolution
    ) {
        var inheritance = Inheritance(library: library, rules: rules)
        for name in profiles { inheritance.add(profile: name, saidBy: Finding(file: flag, message: "")) }
        if let document { inheritance.add(document) }
        result.findings += inheritance.findings
        for layer in inheritance.layers {
            var reading = Reading(file: layer.document.file, rules: rules)
            SpecReader.apply(layer.document, to: &result.spec, &reading)
            if layer.name == nil {
                SpecReader.applyMetadata(layer.document, to: &result.spec, &reading)
            } else if let name = layer.name {
                result.spec.profiles.append(Setting(name, reading.origin(layer.document.position)))
            }
            result.findings += reading.findings
        }
        if !result.findings.hasErrors { result.findings += result.spec.contradictions() }
        result.findings = Self.ordered(result.findings)
    }

    /// By file in the order of first mention, then by place.
    private static func ordered(_ findings: [Finding]) -> [Finding] {
        var files: [String: Int] = [:]
        for finding in findings where files[finding.file] == nil { files[finding.file] = files.count }
        return findings.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            let keys = [(files[a.file, default: 0], files[b.file, default: 0]), (a.line, b.line), (a.column, b.column)]
            for (first, second) in keys where first != second { return first < second }
            return left.offset < right.offset
        }.map(\.element)
    }
}
