/// One document of a file that declares several things.
public struct DeclaredDocument: Sendable {
    /// What it declares.
    public enum Content: Sendable {
        /// A jail, by name; its text is resolved with the profiles it extends.
        case jail(String)
        /// A profile, by name.
        case profile(String)
        /// A tenant.
        case tenant(TenantSpec)
        /// A template, which `bailey template build` makes.
        case template(String)
    }

    /// What it declares.
    public let content: Content
    /// The file as its loader named it.
    public let path: String
    /// The line of the file on which ``text`` begins, from 1.
    public let firstLine: Int
    /// The text of this document alone.
    public let text: String
}

extension ProfileLoader {
    /// The documents of a file, of every kind, and everything that is wrong with their heads.
    public static func documents(
        file: String,
        text: String,
        vocabulary: Vocabulary = .standard
    ) -> (documents: [DeclaredDocument], findings: [Finding]) {
        let rules = ReadingRules(vocabulary: vocabulary)
        let (documents, findings) = ProfileText.documents(text, file: file, rules, kinds: Set(Document.Kind.allCases))
        var reading = Reading(file: file, rules: rules)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var declared: [DeclaredDocument] = []
        for document in documents {
            guard let content = content(of: document, &reading) else { continue }
            let (first, part) = piece(of: lines, around: document.position.line)
            declared.append(DeclaredDocument(content: content, path: file, firstLine: first, text: part))
        }
        return (declared, findings + reading.findings)
    }

    private static func content(of document: Document, _ reading: inout Reading) -> DeclaredDocument.Content? {
        if document.kind == .tenant { return TenantReader.read(document, &reading).map { .tenant($0) } }
        let entry = document.metadata.first { $0.key == "name" }
        guard let entry, let name = reading.scalar(entry.value, "metadata.name") else {
            if entry == nil { reading.report("a name is missing", at: document.position, "metadata.name") }
            return nil
        }
        switch document.kind {
        case .jail: return .jail(name)
        case .profile: return .profile(name)
        default: return .template(name)
        }
    }

    /// The lines from the separator before a line to the one after it.
    private static func piece(of lines: [Substring], around line: Int) -> (first: Int, text: String) {
        func separates(_ index: Int) -> Bool {
            let text = lines[index]
            return text == "---" || text.hasPrefix("--- ") || text == "---\r" || text == "..."
        }
        let at = min(max(line - 1, 0), max(lines.count - 1, 0))
        var first = at
        // A document may begin on the line of its separator.
        while first > 0, !separates(first), !separates(first - 1) { first -= 1 }
        var end = at + 1
        while end < lines.count, !separates(end) { end += 1 }
        return (first + 1, lines[first..<min(end, lines.count)].joined(separator: "\n") + "\n")
    }
}
