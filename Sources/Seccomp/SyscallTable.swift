import CSeccomp
import Glibc

/// The calls of one architecture, by name, as libseccomp and ``NewerCalls`` know them.
struct SyscallTable: Sendable {
    /// Numbers as they stand in `seccomp_data.nr`, for x32 with its bit.
    let numbers: [String: UInt32]

    /// One table per architecture, made when first needed: about a millisecond, and never on the way of a cached start.
    static let native = SyscallTable(.native)
    static let i386 = SyscallTable(.i386)
    static let x32 = SyscallTable(.x32)

    static func on(_ architecture: SeccompArchitecture) -> SyscallTable {
        switch architecture {
        case .native: native
        case .i386: i386
        case .x32: x32
        }
    }

    // By number and not by name: for the socket and ipc calls of i386 a name yields a pseudo number that libseccomp
    // spreads over two calls, while the policy speaks of the direct ones, and of `socketcall` and `ipc` by name.
    private init(_ architecture: SeccompArchitecture) {
        var numbers = NewerCalls.numbers(on: architecture)
        for number in architecture.firstNumber...architecture.lastNumber {
            if let name = Self.name(of: number, on: architecture) { numbers[name] = number }
        }
        self.numbers = numbers
    }

    private static func name(of number: UInt32, on architecture: SeccompArchitecture) -> String? {
        let token = architecture.libraryToken
        guard let name = unsafe seccomp_syscall_resolve_num_arch(token, Int32(bitPattern: number)) else { return nil }
        defer { unsafe free(name) }
        return unsafe String(cString: name)
    }
}

/// The names a policy may use.
enum SyscallNames {
    /// Whether any architecture has this call: one that exists elsewhere, or only on newer kernels, is no mistake.
    static func isKnown(_ name: String) -> Bool {
        if SyscallTable.native.numbers[name] != nil { return true }
        let token = SeccompArchitecture.native.libraryToken
        // A call that this architecture lacks has a negative pseudo number; -1 (__NR_SCMP_ERROR) is no call at all.
        return unsafe seccomp_syscall_resolve_name_arch(token, name) != -1
    }

    /// Every name of the three architectures: what suggestions are drawn from.
    static let all: Set<String> = {
        let tables = SeccompArchitecture.allCases.map { SyscallTable.on($0) }
        return tables.reduce(into: []) { $0.formUnion($1.numbers.keys) }
    }()
}
