import LinuxKernel

/// Why there is no program.
public enum SeccompError: Error, Equatable, Sendable {
    /// No policy has this name; the second is what was probably meant, the third what there is.
    case unknownPolicy(String, suggestion: String?, known: [String])
    /// The policy cannot be read.
    case unreadable(policy: String, SyscallError)
    /// The policy, or one that it extends, has mistakes.
    case findings(PolicyFindings)
    /// The program would have this many instructions; the kernel takes 4,096.
    case tooLong(policy: String, instructions: Int)
    /// The compiler made a program that the kernel would refuse: a mistake in Bailey, never in the policy.
    case unsound(policy: String, BPFFault)
}

extension SeccompError: CustomStringConvertible {
    /// *What was attempted: why: what to do*; one line, or one for each finding.
    public var description: String {
        switch self {
        case .unknownPolicy(let name, let suggestion, let known):
            let advice = suggestion.map { "did you mean '\($0)'?" } ?? "known are \(known.joined(separator: ", "))"
            return "seccomp policy '\(name)': no such policy: \(advice)"
        case .unreadable(let policy, let error):
            return "read seccomp policy '\(policy)': \(error)"
        case .findings(let findings):
            return findings.description
        case .tooLong(let policy, let instructions):
            return "compile seccomp policy '\(policy)': \(instructions) instructions, and the kernel takes"
                + " \(BPFVerifier.maximumLength): use fewer argument rules"
        case .unsound(let policy, let fault):
            return "compile seccomp policy '\(policy)': the program is unsound: \(fault): please report this"
        }
    }
}
