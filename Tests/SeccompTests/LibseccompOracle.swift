import Testing

@testable import Seccomp

/// What libseccomp makes of a policy, for one architecture.
///
/// libseccomp cannot say "all but" for a call: a rule without conditions swallows those with. So every call with
/// conditions gets a filter of its own, whose default is what happens when none of them holds.
struct LibseccompOracle {
    private let unconditional: [BPFInstruction]
    private let conditional: [UInt32: [BPFInstruction]]
    private let architecture: SeccompArchitecture
    /// Calls that this libseccomp cannot express here, by number.
    let beyond: Set<UInt32>

    init(_ policy: EffectivePolicy, capabilities: UInt64, on architecture: SeccompArchitecture) throws {
        self.architecture = architecture
        let verdicts = policy.verdicts(capabilities: capabilities)
        var beyond: Set<UInt32> = []
        let rules = verdicts.filter { $0.value.conditional.isEmpty && $0.value.otherwise != policy.fallback }
        let main = try LibseccompFilter(default: policy.fallback, on: architecture)
        for (name, verdict) in rules where try !main.add(name, [], verdict.otherwise) {
            if let number = SyscallTable.on(architecture).numbers[name] { beyond.insert(number) }
        }
        unconditional = try main.program()
        var conditional: [UInt32: [BPFInstruction]] = [:]
        for (name, verdict) in verdicts where !verdict.conditional.isEmpty {
            guard let number = SyscallTable.on(architecture).numbers[name] else { continue }
            // Their order would matter otherwise, and libseccomp has none.
            try #require(Set(verdict.conditional.map(\.action)).count == 1, "\(name) mixes actions")
            let filter = try LibseccompFilter(default: verdict.otherwise, on: architecture)
            for candidate in verdict.conditional {
                let added = try filter.add(name, candidate.conditions, candidate.action)
                try #require(added)
            }
            conditional[number] = try filter.program()
        }
        self.conditional = conditional
        self.beyond = beyond
    }

    func returnValue(_ number: UInt32, _ arguments: [UInt64]) throws -> UInt32 {
        let call = SeccompCall(number: number, architecture: architecture.auditValue, arguments: arguments)
        return try BPFInterpreter.run(conditional[number] ?? unconditional, on: call)
    }
}
