// MARK: privileges and mounts

@Sendable func capabilitiesAreNotBoth(_ spec: JailSpec) -> [Finding] {
    spec.security.droppedCapabilities.compactMap { dropped in
        guard spec.security.addedCapabilities.contains(where: { $0.value == dropped.value }) else { return nil }
        return dropped.origin.finding(at: "spec.security.capabilities.drop", "\(dropped.value) is in add as well")
    }
}

/// A mount at a folder that holds the target of an earlier mount would hide it.
@Sendable func mountsDoNotHideEachOther(_ spec: JailSpec) -> [Finding] {
    spec.mounts.enumerated().compactMap { index, mount in
        let hidden = spec.mounts[..<index].first { Paths.isBelow($0.value.target, mount.value.target) }
        guard let hidden else { return nil }
        let message = "hides the earlier mount at \(hidden.value.target.quoted); the outer one comes first"
        return mount.origin.finding(at: "spec.mounts", "\(mount.value.target.quoted) \(message)")
    }
}

// MARK: network

@Sendable func publishedPortsDiffer(_ spec: JailSpec) -> [Finding] {
    let ports = spec.network.publish
    return ports.enumerated().compactMap { index, port in
        guard let other = ports[..<index].first(where: { $0.value.collides(with: port.value) }) else { return nil }
        return port.origin.finding(
            at: "spec.network.publish",
            "\(port.value) takes the host's port from \(other.value)"
        )
    }
}

@Sendable func networkKeysFitMode(_ spec: JailSpec) -> [Finding] {
    let mode = spec.effectiveNetworkMode.value
    var findings: [Finding] = []
    if let site = spec.network.sites.first, ![.bridge, .routed, .shared].contains(mode) {
        findings.append(
            site.origin.finding(at: "spec.network.publish", "mode \(mode) has no address that the host's proxy reaches")
        )
    }
    if mode == .shared, let site = spec.network.sites.first(where: { [80, 443].contains($0.value.port) }) {
        let name = site.value.name
        findings.append(
            site.origin.finding(
                at: "spec.network.publish",
                "mode shared leaves ports 80 and 443 to the host's proxy: serve from another, as in \(name):8080"
            )
        )
    }
    guard mode == .none || mode == .host else { return findings }
    if let addresses = spec.network.addresses, !addresses.value.isEmpty {
        findings.append(addresses.origin.finding(at: "spec.network.addresses", "mode \(mode) has no addresses to give"))
    }
    if let publish = spec.network.publish.first {
        findings.append(publish.origin.finding(at: "spec.network.publish", "mode \(mode) has no ports to publish"))
    }
    return findings
}

/// In the host's network namespace a parameter would be the host's.
@Sendable func parametersNeedOwnNetwork(_ spec: JailSpec) -> [Finding] {
    let mode = spec.effectiveNetworkMode.value
    guard mode == .host || mode == .shared else { return [] }
    return spec.kernelParameters.filter(\.value.isNetwork).map { parameter in
        let path = "spec.sysctls." + parameter.value.name
        return parameter.origin.finding(at: path, "mode \(mode) has no network namespace of its own to set it in")
    }
}

// MARK: health

@Sendable func oneHealthCheck(_ spec: JailSpec) -> [Finding] {
    let given = [
        ("http", spec.health.http?.origin), ("tcp", spec.health.tcp?.origin), ("exec", spec.health.exec?.origin),
    ].filter { $0.1 != nil }
    guard given.count > 1, let (name, origin) = given.last, let origin else { return [] }
    let names = given.map(\.0).joined(separator: " and ")
    return [origin.finding(at: "spec.health.\(name)", "\(names) are given, where one check is expected")]
}

extension JailSpec {
    /// A finding about something that nobody said: it points to the jail itself.
    func subject(_ keyPath: String, _ message: String) -> Finding {
        if let name { return name.origin.finding(at: keyPath, message) }
        return Finding(file: "jail", keyPath: keyPath, message: message)
    }
}
