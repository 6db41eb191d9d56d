import JSONText
import Launch

/// `hooks`: programs for six moments.
struct HooksSection {
    var hooks = ContainerHooks()

    init() {}

    init(_ node: JSONNode) throws(JSONError) {
        hooks.prestart = try Self.list(node, "prestart")
        hooks.createRuntime = try Self.list(node, "createRuntime")
        hooks.createContainer = try Self.list(node, "createContainer")
        hooks.startContainer = try Self.list(node, "startContainer")
        hooks.poststart = try Self.list(node, "poststart")
        hooks.poststop = try Self.list(node, "poststop")
    }

    private static func list(_ node: JSONNode, _ key: String) throws(JSONError) -> [ContainerHook] {
        try node.list(key) { (node) throws(JSONError) in
            let path = try node.required("path").string()
            guard path.hasPrefix("/") else { throw try node.required("path").error("'\(path)' is no absolute path") }
            let timeout: Int32? = try node.number("timeout")
            if let timeout, timeout <= 0 { throw try node.required("timeout").error("it must be greater than 0") }
            return ContainerHook(
                path: path,
                arguments: try node.texts("args"),
                environment: try node.member("env") == nil ? nil : node.texts("env"),
                timeout: timeout
            )
        }
    }
}
