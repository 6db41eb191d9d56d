/// A policy together with those it extends: the whole truth about every call.
///
/// Which rule counts for a call: the first that applies, looking at a policy before the one it extends, within a
/// policy at rules under a capability before the others, among those at rules with conditions before the others, and
/// then in the order of the file. When none applies, `default` does.
public struct EffectivePolicy: Equatable, Sendable {
    /// The policy itself first, then what it extends, and so on.
    public let chain: [SeccompPolicy]

    /// Joins policies; the library follows `extends` and calls this.
    ///
    /// - Parameter chain: Not empty, and its last policy extends none.
    init(chain: [SeccompPolicy]) {
        self.chain = chain
    }

    /// A policy that stands alone.
    ///
    /// - Throws: ``PolicyFindings`` when it extends another, which only a ``PolicyLibrary`` can find.
    public init(alone policy: SeccompPolicy) throws(PolicyFindings) {
        if let parent = policy.extends {
            let place = parent.position
            let finding = PolicyFinding(
                file: place.file,
                line: place.line,
                column: place.column,
                keyPath: "spec.extends",
                message: "there is no library to find '\(parent.name)' in"
            )
            throw PolicyFindings([finding])
        }
        self.init(chain: [policy])
    }

    /// The name of the policy itself.
    public var name: String { chain.first?.name ?? "" }

    /// The interfaces whose calls are judged by the rules.
    ///
    /// Native calls always are; x32 calls of a policy that does not
    /// list it answer `ENOSYS`, as a kernel without x32 does, and every other interface kills the process.
    public var architectures: Set<SeccompArchitecture> { chain.lazy.compactMap(\.architectures).first ?? [.native] }

    /// What happens to a call no rule applies to.
    public var fallback: SeccompAction { chain.lazy.compactMap(\.fallback).first ?? .refuse }

    /// What happens to a call that is newer than this version of Bailey: `ENOSYS` unless the policy says otherwise, so
    /// that programs fall back to what they used before that call existed.
    public var newer: SeccompAction { chain.lazy.compactMap(\.newer).first ?? .absent }

    /// A rule that has a say on one call, and where it stands.
    struct Entry {
        let rule: SeccompPolicy.Rule
        let position: SeccompPolicy.Position
    }

    /// The rules on each call that count for a jail with these capabilities, most decisive first, up to and including
    /// the first without a condition.
    func entries(capabilities: UInt64) -> [String: [Entry]] {
        var entries: [String: [Entry]] = [:]
        var decided: Set<String> = []
        for rule in orderedRules(capabilities: capabilities) {
            for call in rule.calls where !decided.contains(call.name) {
                entries[call.name, default: []].append(Entry(rule: rule, position: call.position))
                if rule.conditions.isEmpty { decided.insert(call.name) }
            }
        }
        return entries
    }

    private func orderedRules(capabilities: UInt64) -> [SeccompPolicy.Rule] {
        chain.flatMap { policy in
            let underCapability = policy.rules.filter { rule in
                rule.capability.map { capabilities >> UInt64($0) & 1 == 1 } ?? false
            }
            let always = policy.rules.filter { $0.capability == nil }
            return [underCapability, always].flatMap { rules in
                rules.filter { !$0.conditions.isEmpty } + rules.filter(\.conditions.isEmpty)
            }
        }
    }

    /// What happens to each call that a rule names.
    func verdicts(capabilities: UInt64) -> [String: CallVerdict] {
        entries(capabilities: capabilities).mapValues { verdict($0) }
    }

    func verdict(_ entries: [Entry]) -> CallVerdict {
        let conditional = entries.filter { !$0.rule.conditions.isEmpty }
        return CallVerdict(
            conditional.map { ConditionalAction($0.rule.conditions, $0.rule.action) },
            otherwise: entries.last { $0.rule.conditions.isEmpty }?.rule.action ?? fallback
        )
    }
}
