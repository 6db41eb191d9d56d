import LinuxKernel

/// Where apt finds packages, in the two forms of sources.list(5).
struct AptSources: Equatable {
    /// One-line entries.
    let lines: String
    /// deb822 stanzas.
    let stanzas: String

    var isEmpty: Bool { lines.isEmpty && stanzas.isEmpty }

    /// The sources for a release: its own mirror, or those of this host's sources that carry it.
    static func of(_ archive: DebianArchive) throws(TemplateError) -> AptSources {
        let components = archive.components.joined(separator: " ")
        if let mirror = archive.mirror {
            return AptSources(lines: "deb \(mirror) \(archive.release) \(components)\n", stanzas: "")
        }
        let sources = try ofHost().carrying(archive)
        if sources.isEmpty {
            let reason =
                "no apt source of this host carries \(archive.release) \(components): name a mirror in from.mmdebstrap"
            throw .unsuitable(step: "from Debian \(archive.release)", reason: reason)
        }
        return sources
    }

    /// All sources of this host.
    static func ofHost(_ directory: String = "/etc/apt") throws(TemplateError) -> AptSources {
        try attempting("read this host's apt sources") { () throws(SyscallError) in
            var texts: [(isLines: Bool, text: String)] = []
            if Files.exists("\(directory)/sources.list") {
                texts.append((true, try Files.readText("\(directory)/sources.list")))
            }
            let parts = "\(directory)/sources.list.d"
            for name in Files.exists(parts) ? try Files.list(parts).sorted() : [] {
                if name.hasSuffix(".list") { texts.append((true, try Files.readText("\(parts)/\(name)"))) }
                if name.hasSuffix(".sources") { texts.append((false, try Files.readText("\(parts)/\(name)"))) }
            }
            return AptSources(
                lines: texts.filter(\.isLines).map { lines(in: $0.text) }.joined(),
                stanzas: texts.filter { !$0.isLines }.flatMap { stanzas(in: $0.text) }.joined(separator: "\n")
            )
        }
    }

    /// Those that have one of the archive's components for the release, its updates or its security fixes.
    func carrying(_ archive: DebianArchive) -> AptSources {
        func fits(_ words: [Substring]) -> Bool {
            words.contains { $0 == archive.release || $0.hasPrefix("\(archive.release)-") }
                && words.contains { archive.components.contains(String($0)) }
        }
        let kept = lines.split(separator: "\n").filter { fits($0.split(separator: " ")) }
        let stanzas = Self.stanzas(in: stanzas).filter { stanza in
            let words = ["Suites", "Components"].flatMap { Self.field($0, of: stanza).split(separator: " ") }
            return fits(words) && Self.field("Enabled", of: stanza) != "no"
        }
        return AptSources(lines: kept.map { $0 + "\n" }.joined(), stanzas: stanzas.joined(separator: "\n"))
    }

    /// Writes the files into a directory of their own and returns their paths.
    func write(to directory: String) throws(SyscallError) -> [String] {
        try Files.makeDirectories(directory)
        var paths: [String] = []
        for (name, text) in [("bailey.list", lines), ("bailey.sources", stanzas)] where !text.isEmpty {
            try Files.replace("\(directory)/\(name)", with: Array(text.utf8), mode: 0o644)
            paths.append("\(directory)/\(name)")
        }
        return paths
    }

    private static func lines(in text: String) -> String {
        text.split(separator: "\n").filter { $0.hasPrefix("deb ") || $0.hasPrefix("deb\t") }
            .map { $0.split { $0 == " " || $0 == "\t" }.joined(separator: " ") + "\n" }.joined()
    }

    // Paragraphs without comments, each with a line end.
    private static func stanzas(in text: String) -> [String] {
        var found: [String] = []
        var current = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
                if !current.isEmpty { found.append(current) }
                current = ""
            } else if !line.hasPrefix("#") {
                current += line + "\n"
            }
        }
        return current.isEmpty ? found : found + [current]
    }

    private static func field(_ name: String, of stanza: String) -> String {
        for line in stanza.split(separator: "\n") where line.lowercased().hasPrefix("\(name.lowercased()):") {
            return line.dropFirst(name.count + 1).split(separator: " ").joined(separator: " ")
        }
        return ""
    }
}
