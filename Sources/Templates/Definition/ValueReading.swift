import YAML

/// Values with a form of their own: paths, modes, numbers, names.
extension NodeReader {
    /// An absolute path inside the rootfs without `..`.
    mutating func path(_ section: Section, _ key: String, required: Bool = false) -> String? {
        guard let node = value(section, key, required: required), let text = text(node, section.path(key)) else {
            return nil
        }
        guard text.hasPrefix("/"), !text.split(separator: "/").contains("..") else {
            note(node, section.path(key), "an absolute path without \"..\" belongs here")
            return nil
        }
        return text
    }

    /// A path relative to the template's directory that stays inside it.
    mutating func relativePath(_ section: Section, _ key: String) -> String? {
        guard let node = value(section, key, required: true), let text = text(node, section.path(key)) else {
            return nil
        }
        guard !text.hasPrefix("/"), !text.isEmpty, !text.split(separator: "/").contains("..") else {
            note(node, section.path(key), "a path below the template's own directory belongs here")
            return nil
        }
        return text
    }

    /// Octal permission bits, such as `0755`.
    mutating func mode(_ section: Section, _ key: String) -> UInt32? {
        guard let node = value(section, key), let text = text(node, section.path(key)) else { return nil }
        guard let mode = UInt32(text, radix: 8), mode <= 0o7777 else {
            note(node, section.path(key), "octal permission bits belong here, such as \"0644\"")
            return nil
        }
        return mode
    }

    /// A user or group number that a jail's id range has room for.
    mutating func identifier(_ section: Section, _ key: String) -> UInt32? {
        guard let node = value(section, key), let text = text(node, section.path(key)) else { return nil }
        guard let number = UInt32(text), number < 65_536 else {
            note(node, section.path(key), "a number from 0 to 65535 belongs here")
            return nil
        }
        return number
    }

    /// One of a few words.
    mutating func choice(_ section: Section, _ key: String, of words: [String]) -> String? {
        guard let node = value(section, key), let text = text(node, section.path(key)) else { return nil }
        guard words.contains(text) else {
            let message = "one of \(words.joined(separator: ", ")) belongs here"
            note(node, section.path(key), message, suggestion: NearestName.to(text, in: words))
            return nil
        }
        return text
    }

    /// Debian package names, perhaps with `=version`.
    mutating func packages(_ node: Node, _ keyPath: String) -> [String]? {
        let names = texts(node, keyPath)
        if let names, names.isEmpty { note(node, keyPath, "at least one package belongs here") }
        for (index, name) in (names ?? []).enumerated() where !Self.isPackageName(name) {
            note(node, "\(keyPath)[\(index)]", "\"\(name)\" cannot be the name of a Debian package")
        }
        return names
    }

    /// deb-control(5): lower case letters, digits, `+-.`; here also `=version`.
    ///
    /// A leading `-` would be an option.
    static func isPackageName(_ text: String) -> Bool {
        let name = text.prefix { $0 != "=" }
        guard name.utf8.count >= 2, let first = name.utf8.first, isLowerOrDigit(first) else { return false }
        let rest = text.dropFirst(name.count + 1)
        return name.utf8.allSatisfy { isLowerOrDigit($0) || "+-.".utf8.contains($0) }
            && rest.utf8.allSatisfy { isLowerOrDigit($0) || (65...90).contains($0) || "+-.:~".utf8.contains($0) }
    }

    /// What useradd(8) takes: lower case letters, digits, `_` and `-`, at most 32.
    static func isAccountName(_ name: String) -> Bool {
        guard let first = name.utf8.first, (97...122).contains(first) || first == 95 else { return false }
        return name.utf8.count <= 32 && name.utf8.allSatisfy { isLowerOrDigit($0) || $0 == 95 || $0 == 45 }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte)
    }
}
