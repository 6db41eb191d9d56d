/// Which texts are names; all of them end up in paths, cgroups and links, so the rules are narrow.
enum Names {
    /// The longest name of a jail, tenant, profile segment or template.
    static let longest = 63

    static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// The name of a jail or tenant: lower-case letters, digits, `-`, `_`, `.`; begins with a letter or digit; no `..`.
    static func check(_ name: String) throws(ValueProblem) {
        guard let first = name.utf8.first else { throw ValueProblem("a name cannot be empty") }
        guard name.utf8.count <= longest else {
            throw ValueProblem("\(name.quoted) is longer than \(longest) characters")
        }
        let allowed = name.utf8.allSatisfy {
            isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
        }
        guard allowed, isLowerAlphanumeric(first), !name.contains("..") else {
            throw ValueProblem(
                "\(name.quoted) is not a name: lower-case letters, digits, '-', '_' and '.', a letter or digit first",
                suggestion: mended(name)
            )
        }
    }

    /// The name of a profile or template: names as above with `/` between them, and `:` or `@` inside a template's.
    static func checkPath(_ name: String, extra: [UInt8] = []) throws(ValueProblem) {
        guard !name.isEmpty, name.utf8.count <= 255 else {
            throw ValueProblem("a name has between 1 and 255 characters")
        }
        for segment in name.split(separator: "/", omittingEmptySubsequences: false) {
            let allowed = segment.utf8.allSatisfy {
                isLowerAlphanumeric($0) || "-_.".utf8.contains($0) || extra.contains($0)
            }
            guard allowed, let first = segment.utf8.first, isLowerAlphanumeric(first), !segment.contains("..") else {
                throw ValueProblem("\(name.quoted) is not a name such as webhost/small", suggestion: mended(name))
            }
        }
    }

    static func isLabel(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= longest else { return false }
        return isAlphanumeric(first) && name.utf8.allSatisfy { isAlphanumeric($0) || "-_./".utf8.contains($0) }
    }

    /// A host name: labels of letters, digits and `-`, 64 bytes at most, as sethostname(2) has it.
    static func checkHost(_ name: String, longest: Int = 64) throws(ValueProblem) {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let allowed = labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
        }
        guard allowed, name.utf8.count <= longest else {
            throw ValueProblem("\(name.quoted) is not a host name of up to \(longest) letters, digits, '-' and '.'")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    /// What the name would be in lower case and with `-` for spaces, if that is a name at all.
    private static func mended(_ name: String) -> String? {
        let text = String(name.lowercased().map { $0 == " " ? "-" : $0 })
        guard text != name, (try? checkPath(text)) != nil else { return nil }
        return text
    }
}

/// Which texts are paths.
enum Paths {
    /// Longer ones are refused by the kernel; path_resolution(7).
    static let longest = 4095

    /// Checks an absolute path without `.` and `..` and returns it without repeated or trailing slashes.
    static func absolute(_ text: String) throws(ValueProblem) -> String {
        guard !text.isEmpty else { throw ValueProblem("a path cannot be empty") }
        guard !text.utf8.contains(0) else { throw ValueProblem("a path cannot hold NUL") }
        guard text.utf8.count <= longest else { throw ValueProblem("the path is longer than \(longest) bytes") }
        guard text.utf8.first == UInt8(ascii: "/") else {
            let isRelative = text.first == "~" || text.first == "."
            throw ValueProblem("\(text.quoted) is not an absolute path", suggestion: isRelative ? nil : "/" + text)
        }
        let segments = text.split(separator: "/")
        guard !segments.contains(where: { $0 == "." || $0 == ".." }) else {
            throw ValueProblem("\(text.quoted) holds '.' or '..'")
        }
        return "/" + segments.joined(separator: "/")
    }

    /// Whether `path` is `folder` or below it.
    static func isBelow(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }
}
