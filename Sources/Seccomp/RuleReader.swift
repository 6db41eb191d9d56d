import YAML

/// Reads one entry of `spec.rules`.
enum RuleReader {
    private static let actions = ["allow", "log", "deny", "kill"]

    /// The rule, or `nil` when it has no usable action; findings go to `fields`.
    static func rule(_ node: Node, _ path: String, _ fields: inout PolicyFields) -> SeccompPolicy.Rule? {
        let known = ["about", "ifCapability", "allow", "log", "deny", "errno", "kill", "when"]
        guard let values = fields.mapping(node, path, known: known) else { return nil }
        let about = values["about"].flatMap { fields.text($0, "\(path).about") }
        let capability = values["ifCapability"].flatMap { Self.capability($0, "\(path).ifCapability", &fields) }
        let conditions = values["when"].map { Self.conditions($0, "\(path).when", &fields) } ?? []
        guard let (key, action) = action(values, node, path, &fields), let list = values[key] else { return nil }
        let calls = Self.calls(list, "\(path).\(key)", &fields)
        return SeccompPolicy.Rule(
            about: about,
            capability: capability,
            action: action,
            conditions: conditions,
            calls: calls
        )
    }

    private static func action(
        _ values: [String: Node],
        _ node: Node,
        _ path: String,
        _ fields: inout PolicyFields
    ) -> (key: String, SeccompAction)? {
        let given = actions.filter { values[$0] != nil }
        guard let key = given.first, given.count == 1 else {
            let what = given.isEmpty ? "no action" : "several actions: \(given.joined(separator: ", "))"
            fields.report(
                node,
                path,
                "\(what) in one rule",
                suggestion: "use one of \(actions.joined(separator: ", "))"
            )
            return nil
        }
        if let number = values["errno"], key != "deny" {
            fields.report(number, "\(path).errno", "an errno belongs to deny, and this rule has \(key)")
        }
        switch key {
        case "allow": return (key, .allow)
        case "log": return (key, .log)
        case "kill": return (key, .killProcess)
        default:
            guard let number = values["errno"] else { return (key, .refuse) }
            return errno(number, "\(path).errno", &fields).map { (key, $0) }
        }
    }

    /// An error number by its name.
    static func errno(_ node: Node, _ path: String, _ fields: inout PolicyFields) -> SeccompAction? {
        guard let name = fields.text(node, path) else { return nil }
        if let number = ErrorNames.numbers[name] { return .errno(number) }
        fields.report(
            node,
            path,
            "unknown error number '\(name)'",
            suggestion: fields.advice(name, Array(ErrorNames.numbers.keys))
        )
        return nil
    }

    private static func capability(_ node: Node, _ path: String, _ fields: inout PolicyFields) -> Int? {
        fields.choice(node, path, "capability", of: CapabilityNames.all).flatMap { CapabilityNames.number($0) }
    }

    private static func calls(
        _ node: Node,
        _ path: String,
        _ fields: inout PolicyFields
    ) -> [SeccompPolicy.Call] {
        var calls: [SeccompPolicy.Call] = []
        for (index, item) in fields.list(node, path).enumerated() {
            guard let name = fields.text(item, "\(path)[\(index)]") else { continue }
            if SyscallNames.isKnown(name) {
                calls.append(SeccompPolicy.Call(name: name, position: fields.position(item)))
            } else {
                let nearest = Suggestion.nearest(to: name, among: SyscallNames.all)
                fields.report(
                    item,
                    "\(path)[\(index)]",
                    "unknown system call '\(name)'",
                    suggestion: nearest.map { "did you mean '\($0)'?" }
                )
            }
        }
        return calls
    }

    // One condition may stand without the list around it.
    private static func conditions(
        _ node: Node,
        _ path: String,
        _ fields: inout PolicyFields
    ) -> [ArgumentCondition] {
        if case .mapping = node { return condition(node, path, &fields).map { [$0] } ?? [] }
        var conditions: [ArgumentCondition] = []
        for (index, item) in fields.list(node, path).enumerated() {
            if let condition = condition(item, "\(path)[\(index)]", &fields) { conditions.append(condition) }
        }
        // Not "always": an empty list is more likely a condition that somebody took out.
        if case .sequence(let items) = node, items.isEmpty {
            fields.report(node, path, "no condition", suggestion: "leave 'when' out for a rule that always counts")
        }
        if conditions.contains(where: { one in conditions.contains { one.excludes($0) } }) {
            fields.report(node, path, "these conditions can never all hold")
        }
        return conditions
    }

    private static func condition(
        _ node: Node,
        _ path: String,
        _ fields: inout PolicyFields
    ) -> ArgumentCondition? {
        let comparisons = ArgumentCondition.Comparison.allCases
        let known = ["argument", "mask"] + comparisons.map(\.rawValue)
        guard let values = fields.mapping(node, path, known: known) else { return nil }
        let given = comparisons.filter { values[$0.rawValue] != nil }
        guard let comparison = given.first, given.count == 1, let operand = values[comparison.rawValue] else {
            fields.report(
                node,
                path,
                "one comparison belongs here, and there are \(given.count)",
                suggestion: "use one of \(comparisons.map(\.rawValue).joined(separator: ", ")), or several conditions"
            )
            return nil
        }
        guard let argument = argument(values["argument"], node, "\(path).argument", &fields),
            let value = fields.number(operand, "\(path).\(comparison.rawValue)")
        else { return nil }
        var mask = UInt64.max
        if let bits = values["mask"] {
            guard let number = fields.number(bits, "\(path).mask") else { return nil }
            mask = number
        }
        let condition = ArgumentCondition(argument: argument, mask: mask, comparison, value)
        if condition.bounds == nil { fields.report(node, path, "no argument can satisfy this") }
        if condition.alwaysHolds { fields.report(node, path, "every argument satisfies this") }
        return condition
    }

    private static func argument(
        _ node: Node?,
        _ condition: Node,
        _ path: String,
        _ fields: inout PolicyFields
    ) -> Int? {
        guard let node else {
            fields.report(condition, path, "missing", suggestion: "arguments count from 0 to 5")
            return nil
        }
        guard let number = fields.number(node, path) else { return nil }
        if number <= 5 { return Int(number) }
        fields.report(node, path, "there is no argument \(number)", suggestion: "arguments count from 0 to 5")
        return nil
    }
}
