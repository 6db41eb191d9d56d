import Profiles

/// What a start says about keys that only a supervisor acts on.
public enum SupervisorKeys {
    /// The message of such a warning; a supervisor leaves these out.
    public static let note = "only the supervisor acts on it, while it runs"
}

/// Keys that a later part of Bailey acts on.
///
/// A restriction among them is refused, never skipped in silence.
enum UnavailableKeys {
    /// A finding for every such key that is set.
    static func findings(_ spec: JailSpec) -> [Finding] { unsupported(spec) + inactive(spec) }

    /// Limits of traffic and rules about it hold at a link: without one of its own there is nothing to hold them at.
    static func findings(_ spec: JailSpec, withoutLink mode: String) -> [Finding] {
        let (traffic, network) = (spec.resources.network, spec.network)
        let all: [(String, Origin?)] = [
            ("resources.network.egress", traffic.egress?.origin),
            ("resources.network.ingress", traffic.ingress?.origin),
            ("resources.network.transfer", traffic.transfer?.origin),
            ("network.egress.rules", network.egressRules?.origin),
            ("network.ingress.rules", network.ingressRules?.origin),
            ("network.egress.policy", network.egressPolicy.value == .deny ? network.egressPolicy.origin : nil),
            ("network.ingress.policy", network.ingressPolicy.value == .deny ? network.ingressPolicy.origin : nil),
            ("network.connections.max", network.connections?.origin),
            ("network.connections.rate", network.newConnections?.origin),
            ("network.publish", mode == "host" ? nil : network.publish.first?.origin),
        ]
        return all.compactMap { keyPath, origin in
            guard let origin else { return nil }
            let isExcused = spec.bestEffort(for: keyPath) != nil
            return finding(
                isExcused ? .warning : .error,
                keyPath,
                origin,
                "mode \(mode) has no link of its own to hold it at: use bridge or routed"
            )
        }
    }

    /// Promises and services rather than restrictions: a start goes on without them, and says so.
    private static func inactive(_ spec: JailSpec) -> [Finding] {
        let all: [(String, Origin?)] = [
            ("resources.cpu.guarantee", spec.resources.cpu.guarantee?.origin),
            ("resources.cpu.bank", spec.resources.cpu.bank?.origin),
            ("restart.policy", spec.restart.policy.value == .no ? nil : spec.restart.policy.origin),
            ("health.http", spec.health.http?.origin), ("health.tcp", spec.health.tcp?.origin),
            ("health.exec", spec.health.exec?.origin),
        ]
        return all.compactMap { keyPath, origin in
            origin.map { finding(.warning, keyPath, $0, SupervisorKeys.note) }
        }
    }

    private static func unsupported(_ spec: JailSpec) -> [Finding] {
        var findings: [Finding] = []
        if spec.backend.value != .jail {
            findings.append(
                finding(
                    .error,
                    "backend",
                    spec.backend.origin,
                    "a virtual machine is planned when it starts: start it, and explain its monitor's jail by name"
                )
            )
        }
        if let device = spec.security.devices.first {
            let message = "this version gives a jail no devices beyond the usual ones: remove the key"
            findings.append(finding(.error, "security.devices", device.origin, message))
        }
        return findings + uncheckable(spec.health)
    }

    /// A health check that would never be made is an error: somebody relies on it.
    private static func uncheckable(_ health: HealthSpec) -> [Finding] {
        var findings: [Finding] = []
        if let http = health.http, http.value.isSecure {
            findings.append(
                finding(.error, "health.http", http.origin, "https is not checked: use http, health.tcp or health.exec")
            )
        }
        let hosts =
            [("health.http", health.http?.origin, health.http?.value.endpoint)] + [
                ("health.tcp", health.tcp?.origin, health.tcp?.value)
            ]
        for (keyPath, origin, endpoint) in hosts {
            guard let origin, let endpoint, endpoint.address == nil else { continue }
            let message = "\(endpoint.host) is not looked up: write an IPv4 address, or none for the jail itself"
            findings.append(finding(.error, keyPath, origin, message))
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
