/// A list of device rules in the form that both cgroup versions are made from: a base for all devices, then exceptions.
struct DeviceList: Equatable {
    /// What happens to a device that no rule names.
    private(set) var allowsByDefault = false
    /// Rules for character or block devices, in order; a later one wins.
    private(set) var rules: [DeviceRule] = []

    init(_ list: [DeviceRule]) {
        for rule in list {
            if rule.isTotal {
                allowsByDefault = rule.allow
                rules = []
            } else if rule.kind == .all {
                // v1 takes `a` for all devices whatever follows, so the two kinds are written out.
                for kind in [DeviceRule.Kind.char, .block] {
                    rules.append(
                        DeviceRule(kind, major: rule.major, minor: rule.minor, access: rule.access, allow: rule.allow)
                    )
                }
            } else {
                rules.append(rule)
            }
        }
    }

    /// The writes for v1, or the rule that v1 cannot express.
    ///
    /// v1 keeps exceptions by exact device: taking back a part of a wider exception (`deny c 1:3` after `allow c 1:*`)
    /// is silently ignored by the kernel, so it is refused here.
    func legacyWrites() -> Result<[(file: String, value: String)], DeviceListGap> {
        var exceptions: [DeviceRule] = []
        for rule in rules {
            let same = exceptions.firstIndex { $0.isSameDevice(as: rule) }
            if rule.allow != allowsByDefault {
                if let same { exceptions[same].access.formUnion(rule.access) } else { exceptions.append(rule) }
                continue
            }
            if let same { exceptions[same].access.subtract(rule.access) }
            if let wider = exceptions.first(where: { $0.overlaps(rule) }) {
                return .failure(DeviceListGap(rule: rule, within: wider))
            }
        }
        let base = allowsByDefault ? "devices.allow" : "devices.deny"
        let exception = allowsByDefault ? "devices.deny" : "devices.allow"
        let lines = exceptions.filter { !$0.access.isEmpty }.map { (file: exception, value: $0.description) }
        return .success([(file: base, value: "a")] + lines)
    }
}

/// A rule that carves a piece out of an earlier, wider one.
struct DeviceListGap: Error, Equatable {
    var rule: DeviceRule
    var within: DeviceRule
}

extension DeviceRule {
    fileprivate func isSameDevice(as other: DeviceRule) -> Bool {
        kind == other.kind && major == other.major && minor == other.minor
    }

    fileprivate func overlaps(_ other: DeviceRule) -> Bool {
        func meet(_ a: UInt32?, _ b: UInt32?) -> Bool { a == nil || b == nil || a == b }
        return kind == other.kind && meet(major, other.major) && meet(minor, other.minor)
            && !access.isDisjoint(with: other.access)
    }
}
