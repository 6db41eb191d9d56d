import Foundation
import Testing

/// One way to configure a jail, and what that configuration gives away on purpose.
struct Confinement: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let flags: [String]
    var facts: [String] = []
    /// Probes that may succeed here, each with the reason why that is no escape.
    var allowed: [String: String] = [:]

    /// Every way, or the one that `BAILEY_TEST_CONFINEMENT` names, where a machine is too slow for all.
    static let all = [standard, readOnlyRoot, everyCapability, withoutFilter, system].filter { one in
        ProcessInfo.processInfo.environment["BAILEY_TEST_CONFINEMENT"].map { $0 == one.testDescription } ?? true
    }

    static let standard = Confinement(testDescription: "the default jail", flags: [])

    static let readOnlyRoot = Confinement(testDescription: "a jail with a read-only root", flags: ["--read-only"])

    /// Capabilities count only in the jail's own user namespace: they must give nothing of the host's.
    static let everyCapability = Confinement(
        testDescription: "a jail with every capability",
        flags: ["--cap-add", "ALL"],
        facts: ["most=1ffffffffff"],
        allowed: ownMounts.merging(ownKernelObjects) { first, _ in first }
    )

    /// User namespace and capabilities alone must hold; these probes have nothing behind the filter.
    static let withoutFilter = Confinement(
        testDescription: "a jail without a system call filter",
        flags: ["--seccomp", "unconfined"],
        allowed: onlyFiltered
    )

    /// A whole distribution under its own init: set-user-id programs work, inside the jail's id range.
    static let system = Confinement(
        testDescription: "a system jail",
        flags: ["--init", "system", "--seccomp", "system"],
        facts: ["most=1ffffffffff"],
        allowed: [
            "setuid-program": "set-user-id programs work by design; root is the jail's own",
            "no-new-privileges": "would disarm set-user-id programs",
        ].merging(ownMounts) { first, _ in first }.merging(ownKernelObjects) { first, _ in first }
    )

    private static let ownMounts = [
        "remount-root": "CAP_SYS_ADMIN over the own mount namespace; the host's file is behind the id map",
        "remount-volume": "as above, unless the volume's flags are locked",
        "uncover-masks": "the owner of a mount may undo it; what lies under shows what any user may see",
    ]

    private static let ownKernelObjects = [
        "userns-unshare": "with CAP_SYS_ADMIN the filter allows it; userns-confined must hold all the same",
        "userns-clone": "as above",
        "userns-clone3": "as above",
        "add-key": "a keyring of its own; foreign-key and listed-key must hold all the same",
        "perf-self": "CAP_PERFMON is asked for in the first user namespace; perf-host must hold all the same",
    ]

    private static let onlyFiltered = [
        "filter-present": "there is none",
        "userns-unshare": "any user may; userns-confined must hold all the same",
        "userns-clone": "as above",
        "userns-clone3": "as above",
        "perf-self": "any user may count in a process of its own",
        "io-uring": "any user may",
        "userfaultfd": "any user may handle faults of its own user mode",
        "add-key": "any user may add keys; foreign-key must hold all the same",
        "vsock": "AF_VSOCK knows no network namespace",
    ]
}
