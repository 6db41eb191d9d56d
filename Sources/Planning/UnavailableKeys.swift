import Profiles

/// Keys that a later part of Bailey acts on.
///
/// A restriction among them is refused, never skipped in silence.
enum UnavailableKeys {
    /// A finding for every such key that is set.
    static func findings(_ spec: JailSpec) -> [Finding] {
        restrictions(spec).map { keyPath, setting in
            if let allowed = spec.bestEffort(for: keyPath) {
                return finding(
                    .warning,
                    keyPath,
                    allowed.origin,
                    "not enforced by this version, which bestEffort allows"
                )
            }
            return finding(
                .error,
                keyPath,
                setting,
                "this version cannot enforce it yet: remove the key, or name it under bestEffort to start without the limit"
            )
        } + unsupported(spec) + inactive(spec)
    }

    private static func restrictions(_ spec: JailSpec) -> [(String, Origin)] {
        let network = spec.resources.network
        let all: [(String, Origin?)] = [
            ("resources.network.egress", network.egress?.origin),
            ("resources.network.ingress", network.ingress?.origin),
            ("resources.network.transfer", network.transfer?.origin),
        ]
        return all.compactMap { keyPath, origin in origin.map { (keyPath, $0) } }
    }

    /// Promises and services rather than restrictions: a start goes on without them, and says so.
    private static func inactive(_ spec: JailSpec) -> [Finding] {
        let all: [(String, Origin?)] = [
            ("resources.cpu.guarantee", spec.resources.cpu.guarantee?.origin),
            ("restart.policy", spec.restart.policy.value == .no ? nil : spec.restart.policy.origin),
            ("health.http", spec.health.http?.origin), ("health.tcp", spec.health.tcp?.origin),
            ("health.exec", spec.health.exec?.origin),
        ]
        return all.compactMap { keyPath, origin in
            origin.map { finding(.warning, keyPath, $0, "nothing acts on it yet: it needs the supervisor") }
        }
    }

    private static func unsupported(_ spec: JailSpec) -> [Finding] {
        var findings: [Finding] = []
        if spec.network.mode.value != .none {
            findings.append(
                finding(
                    .error,
                    "network.mode",
                    spec.network.mode.origin,
                    "\(spec.network.mode.value) needs the network module, which this version has not: use none (loopback only)"
                )
            )
        }
        if spec.backend.value != .jail {
            findings.append(
                finding(
                    .error,
                    "backend",
                    spec.backend.origin,
                    "\(spec.backend.value) needs the hypervisor module, which this version has not: use jail"
                )
            )
        }
        if let device = spec.security.devices.first {
            let message = "this version gives a jail no devices beyond the usual ones: remove the key"
            findings.append(finding(.error, "security.devices", device.origin, message))
        }
        return findings
    }

    static func finding(
        _ severity: Finding.Severity,
        _ keyPath: String,
        _ origin: Origin,
        _ message: String
    ) -> Finding {
        switch origin {
        case .builtin: Finding(severity, file: "built in", keyPath: keyPath, message: message)
        case .flag(let name): Finding(severity, file: name, keyPath: keyPath, message: message)
        case .file(let path, let line, let column):
            Finding(severity, file: path, line: line, column: column, keyPath: keyPath, message: message)
        }
    }
}
