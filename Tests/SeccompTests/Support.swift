import Foundation
import Testing

@testable import Seccomp

/// Where the policies are that ship with Bailey.
let shippedDirectory: String = {
    var root = URL(filePath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.appending(path: "profiles/seccomp").path()
}()

/// Those policies.
let shipped = PolicyLibrary(directories: [shippedDirectory])

/// Bounding sets that jails really have: none, an application's, a system's without and with everything.
let capabilitySets: [UInt64] = [
    0,
    mask("CAP_CHOWN", "CAP_SETUID", "CAP_SETGID", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_MKNOD"),
    mask("CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT", "CAP_SYS_NICE"),
    (1 << 41) - 1,
]

func mask(_ names: String...) -> UInt64 {
    CapabilityNames.mask(names.compactMap { CapabilityNames.number($0) })
}

/// A policy whose rules are `rules` (YAML, indented by four), standing alone.
func standalone(_ rules: String, architectures: String = "[x86_64, i386]") throws -> EffectivePolicy {
    try EffectivePolicy(alone: SeccompPolicy.parse(yaml: document(rules, architectures: architectures), file: "t.yaml"))
}

func document(_ rules: String, architectures: String = "[x86_64, i386]") -> String {
    """
    apiVersion: bailey/v1
    kind: SeccompPolicy
    metadata: { name: t }
    spec:
      architectures: \(architectures)
      default: { errno: EPERM }
      rules:
    \(rules)
    """
}

/// What the policy's program does with a call.
func action(
    _ program: SeccompProgram,
    _ name: String,
    _ arguments: [UInt64] = [],
    on architecture: SeccompArchitecture = .native
) throws -> SeccompAction {
    let number = try #require(SyscallTable.on(architecture).numbers[name])
    let call = SeccompCall(number: number, architecture: architecture.auditValue, arguments: arguments)
    return try #require(SeccompAction(returnValue: BPFInterpreter.run(program, on: call)))
}

/// Random numbers that are the same in every run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A directory that is gone when its owner is.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "bailey-seccomp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path()
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
