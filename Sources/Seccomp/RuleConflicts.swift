/// Finds rules of one policy whose meaning would depend on their order, or that mean nothing.
///
/// Within a policy, rules under a capability come before those without; among equals, rules with conditions before
/// those without. What is left undecided by that is a mistake: two actions without conditions, or two actions whose
/// conditions can hold at once.
enum RuleConflicts {
    private struct Mention {
        let rule: SeccompPolicy.Rule
        let call: SeccompPolicy.Call
    }

    static func check(_ rules: [SeccompPolicy.Rule], _ fields: inout PolicyFields) {
        var earlier: [String: [Mention]] = [:]
        for rule in rules {
            for call in rule.calls {
                let mention = Mention(rule: rule, call: call)
                for other in earlier[call.name] ?? [] {
                    guard let message = conflict(other, mention) else { continue }
                    fields.report(call.position, "spec.rules", "\(call.name): \(message)")
                    break
                }
                earlier[call.name, default: []].append(mention)
            }
        }
    }

    private static func conflict(_ one: Mention, _ two: Mention) -> String? {
        let place = "line \(one.call.position.line)"
        let sameLayer = (one.rule.capability == nil) == (two.rule.capability == nil)
        guard sameLayer else { return nil }
        let (first, second) = (one.rule, two.rule)
        if first.action == second.action {
            let redundant = first.conditions.isEmpty != second.conditions.isEmpty
            return redundant && first.capability == second.capability
                ? "\(first.action) both with a condition and without, here and on \(place)" : nil
        }
        if first.conditions.isEmpty != second.conditions.isEmpty || first.conditions.excludes(second.conditions) {
            return nil
        }
        return first.conditions.isEmpty
            ? "\(second.action) here contradicts \(first.action) on \(place)"
            : "\(second.action) here and \(first.action) on \(place) can apply to the same call"
    }
}
