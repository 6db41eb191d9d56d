import JSONText

/// A bundle's `config.json`, typed: what the runtime specification defines for Linux.
///
/// Unknown members are ignored, as the specification demands; a known one of the wrong type, or beyond its range, is an
/// error that names it.
struct Configuration {
    var version: String
    var process: ProcessSection?
    var root: RootSection
    var hostname: String
    var domainname: String
    var mounts: [MountSection]
    var hooks: HooksSection
    var annotations: [(key: String, value: String)]
    var linux: LinuxSection

    struct RootSection {
        var path: String
        var readOnly: Bool
    }

    init(_ node: JSONNode) throws(JSONError) {
        version = try node.required("ociVersion").string()
        try Self.check(version, node.required("ociVersion"))
        process = try node.optional("process") { (node) throws(JSONError) in try ProcessSection(node) }
        let root = try node.required("root")
        self.root = RootSection(
            path: try root.required("path").string(),
            readOnly: try root.optional("readonly") { (node) throws(JSONError) in try node.bool() } ?? false
        )
        if self.root.path.isEmpty { throw try root.required("path").error("it is empty") }
        hostname = try node.text("hostname")
        domainname = try node.text("domainname")
        mounts = try node.list("mounts") { (node) throws(JSONError) in try MountSection(node) }
        hooks = try node.optional("hooks") { (node) throws(JSONError) in try HooksSection(node) } ?? HooksSection()
        annotations = []
        for (key, value) in try node.member("annotations")?.members() ?? [] {
            if key.isEmpty { throw value.error("the name of an annotation is empty") }
            annotations.append((key, try value.string()))
        }
        linux = try node.optional("linux") { (node) throws(JSONError) in try LinuxSection(node) } ?? LinuxSection()
    }

    /// The specification is compatible within a major version; what it was before 1.0 never was.
    private static func check(_ version: String, _ node: JSONNode) throws(JSONError) {
        let numbers = version.prefix { $0 != "-" && $0 != "+" }.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ UInt32($0) != nil }) else {
            throw node.error("'\(version)' is no version: write it as 1.2.0")
        }
        guard numbers[0] == "1" else { throw node.error("version \(version) is not supported: versions 1.x.x are") }
    }

    /// The annotation `key`, nil when it is missing.
    func annotation(_ key: String) -> String? { annotations.last { $0.key == key }?.value }
}

extension JSONNode {
    /// The text of member `key`; empty when it is missing.
    func text(_ key: String) throws(JSONError) -> String {
        try optional(key) { (node) throws(JSONError) in try node.string() } ?? ""
    }

    /// The texts of the array `key`.
    func texts(_ key: String) throws(JSONError) -> [String] {
        try list(key) { (node) throws(JSONError) in try node.string() }
    }

    /// The truth value `key`; false when it is missing.
    func flag(_ key: String) throws(JSONError) -> Bool {
        try optional(key) { (node) throws(JSONError) in try node.bool() } ?? false
    }

    /// The whole number `key`.
    func number<Number: FixedWidthInteger>(
        _ key: String,
        _ type: Number.Type = Number.self
    ) throws(JSONError) -> Number? {
        try optional(key) { (node) throws(JSONError) in try node.integer(Number.self) }
    }

    /// The value that a table has for the text of this node.
    func choice<Value>(_ table: [String: Value]) throws(JSONError) -> Value {
        let text = try string()
        guard let value = table[text] else {
            throw error("'\(text)' is not known: use one of \(table.keys.sorted().joined(separator: ", "))")
        }
        return value
    }
}
