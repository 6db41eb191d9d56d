import JSONText
import Seccomp

/// `linux.seccomp` in Bailey's own terms.
///
/// The meaning is libseccomp's, which the specification names: a rule without conditions replaces what stood before it for
/// its calls and makes later ones idle; of rules with conditions the first that applies counts; rules that say what happens
/// anyway are left out. Unknown call names are passed over, as crun and runc do: profiles are written for many kernels and
/// architectures, and callers rely on that. Every other unknown word is an error.
struct SeccompTranslation {
    let request: FilterRequest
    /// `SECCOMP_FILTER_FLAG_*` bits.
    let flags: UInt32

    static let actions: [String: SeccompAction] = [
        "SCMP_ACT_KILL": .killThread, "SCMP_ACT_KILL_THREAD": .killThread, "SCMP_ACT_KILL_PROCESS": .killProcess,
        "SCMP_ACT_TRAP": .trap, "SCMP_ACT_ERRNO": .refuse, "SCMP_ACT_TRACE": .trace(1), "SCMP_ACT_ALLOW": .allow,
        "SCMP_ACT_LOG": .log, "SCMP_ACT_NOTIFY": .notify,
    ]
    static let operators: [String: ArgumentCondition.Comparison] = [
        "SCMP_CMP_NE": .notEqual, "SCMP_CMP_LT": .less, "SCMP_CMP_LE": .lessOrEqual, "SCMP_CMP_EQ": .equal,
        "SCMP_CMP_GE": .greaterOrEqual, "SCMP_CMP_GT": .greater, "SCMP_CMP_MASKED_EQ": .equal,
    ]
    /// The interfaces that this machine's kernel has; what others do cannot happen here.
    static let architectures: [String: SeccompArchitecture?] = [
        "SCMP_ARCH_X86": .i386, "SCMP_ARCH_X86_64": .native, "SCMP_ARCH_X32": .x32, "SCMP_ARCH_ARM": nil,
        "SCMP_ARCH_AARCH64": nil, "SCMP_ARCH_MIPS": nil, "SCMP_ARCH_MIPS64": nil, "SCMP_ARCH_MIPS64N32": nil,
        "SCMP_ARCH_MIPSEL": nil, "SCMP_ARCH_MIPSEL64": nil, "SCMP_ARCH_MIPSEL64N32": nil, "SCMP_ARCH_PPC": nil,
        "SCMP_ARCH_PPC64": nil, "SCMP_ARCH_PPC64LE": nil, "SCMP_ARCH_S390": nil, "SCMP_ARCH_S390X": nil,
        "SCMP_ARCH_PARISC": nil, "SCMP_ARCH_PARISC64": nil, "SCMP_ARCH_RISCV64": nil, "SCMP_ARCH_LOONGARCH64": nil,
        "SCMP_ARCH_M68K": nil, "SCMP_ARCH_SH": nil, "SCMP_ARCH_SHEB": nil,
    ]
    static let flagBits: [String: UInt32] = [
        "SECCOMP_FILTER_FLAG_TSYNC": 1, "SECCOMP_FILTER_FLAG_LOG": 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 4,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": 32,
    ]

    init(_ node: JSONNode) throws(JSONError) {
        let fallback = try Self.action(node, "defaultAction", "defaultErrnoRet")
        var request = FilterRequest(fallback: fallback)
        // A program that finds a call refused which is newer than this filter falls back only for ENOSYS.
        request.newer = fallback.permits || fallback == .notify ? fallback : .absent
        for node in try node.member("architectures")?.elements() ?? [] {
            if let architecture = try node.choice(Self.architectures) { request.architectures.insert(architecture) }
        }
        var bits: UInt32 = 0
        for flag in try node.list("flags", { (node) throws(JSONError) in try node.choice(Self.flagBits) }) {
            bits |= flag
        }
        var rules = RuleCollection(fallback: fallback)
        for node in try node.member("syscalls")?.elements() ?? [] { try rules.add(node) }
        request.verdicts = rules.verdicts
        self.request = request
        flags = bits
        if try node.member("listenerPath") == nil, let metadata = try node.member("listenerMetadata") {
            if try !metadata.string().isEmpty { throw metadata.error("it needs a listenerPath beside it") }
        }
    }

    fileprivate static func action(
        _ node: JSONNode,
        _ key: String,
        _ errorKey: String
    ) throws(JSONError) -> SeccompAction {
        let action = try node.required(key).choice(actions)
        guard let number: UInt32 = try node.number(errorKey) else { return action }
        guard number < 4096 else { throw try node.required(errorKey).error("\(number) is no error number") }
        switch action {
        case .errno: return .errno(UInt16(number))
        case .trace: return .trace(UInt16(number))
        default: throw try node.required(errorKey).error("this action returns no error number")
        }
    }
}

/// Rules as they come, merged by call.
private struct RuleCollection {
    let fallback: SeccompAction
    private var conditional: [String: [ConditionalAction]] = [:]
    private var decided: [String: SeccompAction] = [:]

    init(fallback: SeccompAction) {
        self.fallback = fallback
    }

    mutating func add(_ node: JSONNode) throws(JSONError) {
        let action = try SeccompTranslation.action(node, "action", "errnoRet")
        let names = try node.texts("names")
        guard !names.isEmpty else { throw node.error("names must hold at least one name") }
        let alternatives = try alternatives(node)
        if action == fallback { return }
        for name in names where decided[name] == nil {
            if alternatives.isEmpty {
                decided[name] = action
                conditional[name] = nil
            } else {
                conditional[name, default: []] += alternatives.map { ConditionalAction($0, action) }
            }
        }
    }

    /// Conditions on different arguments go together; several on one argument are alternatives, as runc has them.
    private func alternatives(_ node: JSONNode) throws(JSONError) -> [[ArgumentCondition]] {
        var conditions: [ArgumentCondition] = []
        for node in try node.member("args")?.elements() ?? [] {
            let index: UInt32 = try node.required("index").integer()
            guard index < 6 else { throw try node.required("index").error("a call has arguments 0 to 5") }
            let value: UInt64 = try node.number("value") ?? 0
            let second: UInt64 = try node.number("valueTwo") ?? 0
            let comparison = try node.required("op").choice(SeccompTranslation.operators)
            let isMasked = try node.required("op").string() == "SCMP_CMP_MASKED_EQ"
            conditions.append(
                ArgumentCondition(
                    argument: Int(index),
                    mask: isMasked ? value : .max,
                    comparison,
                    isMasked ? second : value
                )
            )
        }
        let repeats = Set(conditions.map(\.argument)).count < conditions.count
        if repeats { return conditions.map { [$0] } }
        return conditions.isEmpty ? [] : [conditions]
    }

    var verdicts: [String: CallVerdict] {
        var verdicts = decided.mapValues { CallVerdict(otherwise: $0) }
        for (name, rules) in conditional { verdicts[name] = CallVerdict(rules, otherwise: fallback) }
        return verdicts
    }
}
