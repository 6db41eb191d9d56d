import CSeccomp
import Glibc
import Testing

@testable import Seccomp

/// A filter under construction in libseccomp, for one architecture alone.
@safe final class LibseccompFilter {
    private let context: scmp_filter_ctx
    private let architecture: SeccompArchitecture

    init(default fallback: SeccompAction, on architecture: SeccompArchitecture) throws {
        guard let context = unsafe seccomp_init(fallback.returnValue) else { throw Failure() }
        unsafe self.context = context
        self.architecture = architecture
        if architecture != .native {
            let added = unsafe seccomp_arch_add(context, architecture.libraryToken)
            let removed = unsafe seccomp_arch_remove(context, SeccompArchitecture.native.libraryToken)
            try #require(added == 0 && removed == 0)
        }
    }

    deinit { unsafe seccomp_release(context) }

    private struct Failure: Error {}

    /// Adds a rule; `false` if this libseccomp does not know the call on this architecture.
    func add(_ name: String, _ conditions: [ArgumentCondition], _ action: SeccompAction) throws -> Bool {
        // By the native number, or a pseudo number, whatever the architecture: libseccomp translates.
        var number = unsafe seccomp_syscall_resolve_name(name)
        if number == -1 {
            guard architecture == .native, let newer = NewerCalls.numbers(on: .native)[name] else { return false }
            number = Int32(newer)
        }
        let comparisons = try conditions.map { try Self.comparison($0) }
        let count = UInt32(comparisons.count)
        let result = unsafe seccomp_rule_add_array(context, action.returnValue, number, count, comparisons)
        try #require(result == 0, "\(name)")
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

    /// What libseccomp would load.
    func program() throws -> [BPFInstruction] {
        guard let file = unsafe tmpfile() else { throw Failure() }
        defer { unsafe fclose(file) }
        let descriptor = unsafe fileno(file)
        let exported = unsafe seccomp_export_bpf(context, descriptor)
        try #require(exported == 0)
        let size = Int(lseek(descriptor, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: size)
        let count = unsafe pread(descriptor, &bytes, size, 0)
        try #require(count == size)
        // Also shows that the verifier takes what the kernel is known to take.
        let program = try #require(SeccompProgram(bytes: bytes))
        return program.instructions
    }
}
