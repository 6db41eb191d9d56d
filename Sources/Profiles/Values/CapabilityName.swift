/// The name of a Linux capability, without `CAP_` and in upper case: `NET_BIND_SERVICE`; or `ALL`.
///
/// Which names exist is for the caller to say, through ``Vocabulary``: the list grows with the kernel.
public struct CapabilityName: Sendable, Hashable, CustomStringConvertible {
    /// The name, such as `CHOWN`.
    public let name: String

    /// Every capability; allowed in `add` and `drop`.
    public static let all = CapabilityName(known: "ALL")

    /// Makes a name that is known to be right.
    public init(known name: String) { self.name = name }

    /// Reads a name in any letter case, with or without `CAP_`, that is `ALL` or in `known`.
    public init(parsing text: String, known: [String]) throws(ValueProblem) {
        var name = text.uppercased()
        if name.hasPrefix("CAP_") { name.removeFirst(4) }
        guard name == "ALL" || known.contains(name) else {
            throw ValueProblem(
                "\(text.quoted) is not a capability",
                suggestion: Suggestion.nearest(to: name, among: known + ["ALL"])
            )
        }
        self.name = name
    }

    /// The name.
    public var description: String { name }
}

/// Names that are defined elsewhere and that a profile may use.
public struct Vocabulary: Sendable {
    /// Capabilities without `CAP_`, in the order of their numbers.
    public var capabilities: [String]
    /// Names of seccomp policies; nil where any name is to be let through and whoever loads the policy answers.
    public var seccompPolicies: [String]?

    /// Makes a vocabulary.
    public init(capabilities: [String], seccompPolicies: [String]?) {
        self.capabilities = capabilities
        self.seccompPolicies = seccompPolicies
    }

    /// The 41 capabilities of linux/capability.h (Linux 5.9 and later) and the policies that Bailey brings.
    public static let standard = Vocabulary(
        capabilities: [
            "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
            "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
            "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
            "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
            "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
            "CHECKPOINT_RESTORE",
        ],
        seccompPolicies: ["default", "webhost", "system", "unconfined"]
    )
}
