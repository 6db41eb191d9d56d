/// What `bailey explain` says about a policy.
public struct SeccompDescription: Equatable, Sendable {
    /// The policy and those it extends, the policy itself first.
    public let chain: [String]
    /// The interfaces that the rules judge.
    public let architectures: [SeccompArchitecture]
    /// What happens to a call that no rule names.
    public let fallback: SeccompAction
    /// What happens to a call newer than Bailey.
    public let newer: SeccompAction
    /// Native calls that are always made.
    public let allowed: Int
    /// Native calls whose arguments decide.
    public let conditional: Int
    /// Native calls that are never made.
    public let denied: Int
    /// Instructions of the program.
    public let instructions: Int
}

/// What a policy says about one call, and which lines say so.
public struct CallDescription: Equatable, Sendable {
    /// The call.
    public let name: String
    /// Its number as `seccomp_data` has it, `nil` where the interface has no such call.
    public let number: UInt32?
    /// What happens to it.
    public let verdict: CallVerdict
    /// The rules that make the verdict, most decisive first; none when it is the policy's default.
    public let origins: [SeccompPolicy.Position]
}

extension EffectivePolicy {
    /// Sums the policy up for a jail with these capabilities.
    public func description(capabilities: UInt64) throws(SeccompError) -> SeccompDescription {
        let verdicts = self.verdicts(capabilities: capabilities)
        let decisions = SyscallTable.native.numbers.keys.map { verdicts[$0] ?? CallVerdict(otherwise: fallback) }
        let conditional = decisions.count { !$0.conditional.isEmpty }
        let allowed = decisions.count { $0.conditional.isEmpty && $0.otherwise.permits }
        return SeccompDescription(
            chain: chain.map(\.name),
            architectures: SeccompArchitecture.allCases.filter(architectures.contains),
            fallback: fallback,
            newer: newer,
            allowed: allowed,
            conditional: conditional,
            denied: decisions.count - conditional - allowed,
            instructions: try SeccompCompiler.compile(self, capabilities: capabilities).instructions.count
        )
    }

    /// What happens to the call `name` in a jail with these capabilities; `nil` if no architecture has such a call.
    public func description(
        of name: String,
        on architecture: SeccompArchitecture = .native,
        capabilities: UInt64
    ) -> CallDescription? {
        guard SyscallNames.isKnown(name) else { return nil }
        let entries = self.entries(capabilities: capabilities)[name] ?? []
        let number = SyscallTable.on(architecture).numbers[name]
        var verdict = self.verdict(entries)
        if !architectures.contains(architecture) {
            verdict = CallVerdict(otherwise: architecture == .x32 ? .absent : .killProcess)
        }
        return CallDescription(name: name, number: number, verdict: verdict, origins: entries.map(\.position))
    }
}
