/// What a template may be called: a name that is safe as a file name.
enum TemplateName {
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != 45, first != 46, first != 95 else { return false }
        return name.utf8.count <= 63
            && name.utf8.allSatisfy { byte in
                (97...122).contains(byte) || (48...57).contains(byte) || "._-".utf8.contains(byte)
            }
    }

    static func check(_ name: String) throws(TemplateError) {
        if !isValid(name) { throw .badName(name) }
    }
}
