import JSONText
import Launch

/// One entry of `mounts`.
struct MountSection {
    var destination: String
    var type: String
    var source: String
    var options: [String]
    var users: [IdentityRange]
    var groups: [IdentityRange]
    /// Where it stands, for messages about its options.
    var node: JSONNode

    init(_ node: JSONNode) throws(JSONError) {
        self.node = node
        destination = try node.required("destination").string()
        if destination.isEmpty { throw try node.required("destination").error("it is empty") }
        type = try node.text("type")
        source = try node.text("source")
        options = try node.texts("options")
        users = try IdentitySection.ranges(node, "uidMappings")
        groups = try IdentitySection.ranges(node, "gidMappings")
        if users.isEmpty != groups.isEmpty { throw node.error("uidMappings and gidMappings go together") }
    }

    /// A mount is a bind mount if its options say so, or its type does.
    var isBind: Bool { options.contains("bind") || options.contains("rbind") || type == "bind" }
}

/// Arrays of id mappings.
enum IdentitySection {
    static func ranges(_ node: JSONNode, _ key: String) throws(JSONError) -> [IdentityRange] {
        try node.list(key) { (node) throws(JSONError) in
            let range = IdentityRange(
                inside: try node.number("containerID") ?? 0,
                outside: try node.number("hostID") ?? 0,
                count: try node.number("size") ?? 0
            )
            guard range.count > 0 else { throw node.error("the size of a mapping must not be 0") }
            return range
        }
    }
}
