import CSeccomp
import Glibc
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
        unconditional = try Self.filter(default: policy.fallback, on: architecture) { context in
            for (name, verdict) in rules where try !Self.add(name, [], verdict.otherwise, to: context, architecture) {
                if let number = SyscallTable.on(architecture).numbers[name] { beyond.insert(number) }
            }
        }
        var conditional: [UInt32: [BPFInstruction]] = [:]
        for (name, verdict) in verdicts where !verdict.conditional.isEmpty {
            guard let number = SyscallTable.on(architecture).numbers[name] else { continue }
            // Their order would matter otherwise, and libseccomp has none.
            #expect(Set(verdict.conditional.map(\.action)).count == 1, "\(name) mixes actions")
            conditional[number] = try Self.filter(default: verdict.otherwise, on: architecture) { context in
                for candidate in verdict.conditional {
                    #expect(try Self.add(name, candidate.conditions, candidate.action, to: context, architecture))
                }
            }
        }
        self.conditional = conditional
        self.beyond = beyond
    }

    func returnValue(_ number: UInt32, _ arguments: [UInt64]) throws -> UInt32 {
        let call = SeccompCall(number: number, architecture: architecture.auditValue, arguments: arguments)
        return try BPFInterpreter.run(conditional[number] ?? unconditional, on: call)
    }

    private static func add(
        _ name: String,
        _ conditions: [ArgumentCondition],
        _ action: SeccompAction,
        to context: scmp_filter_ctx,
        _ architecture: SeccompArchitecture
    ) throws -> Bool {
        var number = unsafe seccomp_syscall_resolve_name(name)
        if number == -1 {
            guard architecture == .native, let newer = NewerCalls.numbers(on: .native)[name] else { return false }
            number = Int32(newer)
        }
        let comparisons = try unsafe conditions.map { try unsafe comparison($0) }
        let result = unsafe comparisons.withUnsafeBufferPointer { buffer in
            unsafe seccomp_rule_add_array(
                context,
                action.returnValue,
                number,
                UInt32(buffer.count),
                buffer.baseAddress
            )
        }
        try #require(result == 0, "\(name): \(result)")
        return true
    }

    private static func comparison(_ condition: ArgumentCondition) throws -> scmp_arg_cmp {
        var result = scmp_arg_cmp()
        result.arg = UInt32(condition.argument)
        result.datum_a = condition.value
        if condition.mask != .max {
            // All it has for masks.
            try #require(condition.comparison == .equal)
            result.op = SCMP_CMP_MASKED_EQ
            result.datum_a = condition.mask
            result.datum_b = condition.value
            return result
        }
        switch condition.comparison {
        case .equal: result.op = SCMP_CMP_EQ
        case .notEqual: result.op = SCMP_CMP_NE
        case .less: result.op = SCMP_CMP_LT
        case .lessOrEqual: result.op = SCMP_CMP_LE
        case .greater: result.op = SCMP_CMP_GT
        case .greaterOrEqual: result.op = SCMP_CMP_GE
        }
        return result
    }

    private static func filter(
        default fallback: SeccompAction,
        on architecture: SeccompArchitecture,
        _ rules: (scmp_filter_ctx) throws -> Void
    ) throws -> [BPFInstruction] {
        let context = try unsafe #require(unsafe seccomp_init(fallback.returnValue))
        defer { unsafe seccomp_release(context) }
        if architecture != .native {
            try #require(unsafe seccomp_arch_add(context, architecture.libraryToken) == 0)
            try #require(unsafe seccomp_arch_remove(context, SeccompArchitecture.native.libraryToken) == 0)
        }
        unsafe try rules(context)
        return try unsafe export(context)
    }

    private static func export(_ context: scmp_filter_ctx) throws -> [BPFInstruction] {
        let file = unsafe memfd_create("oracle", 1)
        try #require(file >= 0)
        defer { close(file) }
        try #require(unsafe seccomp_export_bpf(context, file) == 0)
        let size = Int(lseek(file, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        try #require(unsafe pread(file, &bytes, size, 0) == size)
        // Also shows that the verifier takes what the kernel is known to take.
        return try #require(SeccompProgram(bytes: bytes)).instructions
    }
}
