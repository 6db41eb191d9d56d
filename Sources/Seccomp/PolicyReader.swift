import YAML

/// Reads the document's frame: everything but the rules.
struct PolicyReader {
    static let apiVersion = "bailey/v1"
    static let kind = "SeccompPolicy"

    private var fields: PolicyFields

    init(file: String) {
        fields = PolicyFields(file: file)
    }

    var findings: [PolicyFinding] { fields.findings }

    /// The policy, or `nil` when there are findings.
    mutating func policy(from root: Node) -> SeccompPolicy? {
        guard let document = fields.mapping(root, "", known: ["apiVersion", "kind", "metadata", "spec"]) else {
            return nil
        }
        checkFrame(document, root)
        let metadata = self.metadata(document["metadata"], root)
        let policy = specification(document["spec"], root, name: metadata.name, about: metadata.about)
        return findings.isEmpty ? policy : nil
    }

    private mutating func checkFrame(_ document: [String: Node], _ root: Node) {
        for (key, value) in [("apiVersion", Self.apiVersion), ("kind", Self.kind)] {
            if let node = document[key] {
                _ = fields.choice(node, key, key, of: [value])
            } else {
                fields.report(root, key, "missing", suggestion: "add '\(key): \(value)'")
            }
        }
    }

    private mutating func metadata(_ node: Node?, _ root: Node) -> (name: String, about: String?) {
        guard let node else {
            fields.report(root, "metadata", "missing", suggestion: "add 'metadata: { name: … }'")
            return ("", nil)
        }
        guard let values = fields.mapping(node, "metadata", known: ["name", "description"]) else { return ("", nil) }
        let about = values["description"].flatMap { fields.text($0, "metadata.description") }
        guard let named = values["name"] else {
            fields.report(node, "metadata.name", "missing")
            return ("", about)
        }
        return (policyName(named, "metadata.name") ?? "", about)
    }

    private mutating func policyName(_ node: Node, _ path: String) -> String? {
        guard let name = fields.text(node, path) else { return nil }
        if name == SeccompSelection.unconfinedName {
            fields.report(node, path, "'\(name)' is the absence of a policy, and no policy can be called so")
            return nil
        }
        if PolicyLibrary.isName(name) { return name }
        fields.report(node, path, "'\(name)' is no name", suggestion: "use a to z, 0 to 9, '-' and '_'")
        return nil
    }

    private mutating func specification(
        _ node: Node?,
        _ root: Node,
        name: String,
        about: String?
    ) -> SeccompPolicy? {
        guard let node else {
            fields.report(root, "spec", "missing")
            return nil
        }
        let known = ["extends", "architectures", "default", "newer", "rules"]
        guard let values = fields.mapping(node, "spec", known: known) else { return nil }
        let extends = values["extends"].flatMap { parent in
            policyName(parent, "spec.extends").map { SeccompPolicy.Call(name: $0, position: fields.position(parent)) }
        }
        if values["extends"] == nil {
            // A policy that stands alone has to say these; one that extends another takes them from there.
            for key in ["architectures", "default"] where values[key] == nil {
                fields.report(node, "spec.\(key)", "missing, and no other policy is extended")
            }
        }
        return SeccompPolicy(
            name: name,
            about: about,
            extends: extends,
            architectures: values["architectures"].map { architectures($0) },
            fallback: values["default"].flatMap { fallback($0, "spec.default") },
            newer: values["newer"].flatMap { fallback($0, "spec.newer") },
            rules: values["rules"].map { rules($0) } ?? []
        )
    }

    private mutating func architectures(_ node: Node) -> Set<SeccompArchitecture> {
        let names = SeccompArchitecture.allCases.map(\.rawValue)
        var chosen: Set<SeccompArchitecture> = []
        for (index, item) in fields.list(node, "spec.architectures").enumerated() {
            let name = fields.choice(item, "spec.architectures[\(index)]", "architecture", of: names)
            if let architecture = name.flatMap(SeccompArchitecture.init) { chosen.insert(architecture) }
        }
        // bailey-init itself makes native calls after the filter stands: the last one starts the guest.
        if !chosen.contains(.native) {
            fields.report(node, "spec.architectures", "x86_64 is missing: nothing could be started under this policy")
        }
        return chosen
    }

    // `allow` is not among the choices: a filter that allows what nobody thought of is no confinement.
    private mutating func fallback(_ node: Node, _ path: String) -> SeccompAction? {
        if case .mapping = node {
            guard let values = fields.mapping(node, path, known: ["errno"]) else { return nil }
            guard let number = values["errno"] else {
                fields.report(node, path, "missing errno", suggestion: "write { errno: EPERM }")
                return nil
            }
            return RuleReader.errno(number, "\(path).errno", &fields)
        }
        switch fields.choice(node, path, "action", of: ["kill", "log"]) {
        case "kill": return .killProcess
        case "log": return .log
        default: return nil
        }
    }

    private mutating func rules(_ node: Node) -> [SeccompPolicy.Rule] {
        var rules: [SeccompPolicy.Rule] = []
        for (index, item) in fields.list(node, "spec.rules").enumerated() {
            if let rule = RuleReader.rule(item, "spec.rules[\(index)]", &fields) { rules.append(rule) }
        }
        RuleConflicts.check(rules, &fields)
        return rules
    }
}
