import Launch
import LinuxKernel
import Profiles

/// Capability names to the five sets of the guest's first process.
enum CapabilityPlan {
    /// Root inside gets its set at once.
    ///
    /// Another user has none, as after a login, but may gain those of the bounding set from files that carry them
    /// unless no_new_privs stands.
    static func sets(_ spec: JailSpec, uid: UInt32, highest: Int) -> CapabilitySets {
        let bounding = mask(spec, highest: highest)
        let held = uid == 0 ? bounding : 0
        return CapabilitySets(bounding: bounding, effective: held, permitted: held, inheritable: 0, ambient: 0)
    }

    /// Bit N for capability N; names that this kernel does not know were refused by validation or are absent everywhere.
    static func mask(_ spec: JailSpec, highest: Int) -> UInt64 {
        spec.effectiveCapabilities().reduce(0) { mask, setting in
            guard let number = Capabilities.number(setting.value.name), number <= highest else { return mask }
            return mask | 1 << UInt64(number)
        }
    }
}

extension JailSpec {
    /// The jail's bounding set as a bit mask, which selects rules of the seccomp policy.
    public func capabilityMask(highest: Int) -> UInt64 {
        CapabilityPlan.mask(self, highest: highest)
    }
}

extension Launch.ResourceLimit {
    /// `RLIMIT_*` numbers of x86-64 and arm64; asm-generic/resource.h.
    private static let numbers: [Profiles.ResourceLimit.Resource: UInt32] = [
        .cpu: 0, .fsize: 1, .data: 2, .stack: 3, .core: 4, .rss: 5, .nproc: 6, .nofile: 7, .memlock: 8, .as: 9,
        .locks: 10, .sigpending: 11, .msgqueue: 12, .nice: 13, .rtprio: 14, .rttime: 15,
    ]

    init(_ limit: Profiles.ResourceLimit) {
        self.init(
            resource: Self.numbers[limit.resource] ?? UInt32.max,
            soft: limit.soft.amount ?? UInt64.max,
            hard: limit.hard.amount ?? UInt64.max
        )
    }
}
