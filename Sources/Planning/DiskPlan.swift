import Profiles
import Storage

/// How a spec's disk limits are held on this host.
public struct DiskPlan: Sendable {
    /// What the jail may keep.
    public let limit: DiskLimit
    /// What holds it to that; nil for no limit, or one that `bestEffort` lets go.
    public let binding: DiskBinding?
    /// What cannot be held: errors, or warnings where `bestEffort` allows it.
    public let findings: [Finding]

    /// Decides it; pure.
    public init(_ spec: JailSpec, _ facts: HostFacts) {
        let disk = spec.resources.disk
        limit = spec.diskLimit
        guard limit.isSet else {
            (binding, findings) = (nil, [])
            return
        }
        let reason: String
        switch (facts.diskBinding, spec.template) {
        case (_, nil): reason = "a directory of the host has no limit: use a template"
        case (.success(let found)?, _):
            (binding, findings) = (found, [])
            return
        case (.failure(let refusal)?, _): reason = refusal.reason
        case (nil, _): reason = "this host was not asked what can hold it"
        }
        binding = nil
        let keys = [("resources.disk.space", disk.space?.origin), ("resources.disk.inodes", disk.inodes?.origin)]
        findings = keys.compactMap { keyPath, origin in
            guard let origin else { return nil }
            if let allowed = spec.bestEffort(for: keyPath) {
                let message = "not enforced (\(reason)), which bestEffort allows"
                return UnavailableKeys.finding(.warning, keyPath, allowed.origin, message)
            }
            let message = "\(reason), or name the key under bestEffort to start without the limit"
            return UnavailableKeys.finding(.error, keyPath, origin, message)
        }
    }
}

extension JailSpec {
    /// The disk limits, 0 where there is none.
    public var diskLimit: DiskLimit {
        DiskLimit(
            space: resources.disk.space?.value.amount?.bytes ?? 0,
            inodes: resources.disk.inodes?.value.amount ?? 0
        )
    }
}
