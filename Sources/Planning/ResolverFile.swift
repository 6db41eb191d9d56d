import Profiles

/// A file that Bailey provides below the jail's `/etc`.
struct ResolverFile: Equatable, Sendable {
    /// Its name in `/etc`.
    let name: String
    /// Its content.
    let text: String

    static func all(_ spec: JailSpec, _ instance: JailInstance, _ facts: HostFacts) -> [ResolverFile] {
        let host = spec.effectiveHostname?.value ?? instance.name
        return [
            ResolverFile(name: "resolv.conf", text: resolver(spec.dns, facts.resolverConfiguration)),
            ResolverFile(name: "hosts", text: hosts(spec, host, instance.network?.given.addresses ?? [])),
            ResolverFile(name: "hostname", text: host + "\n"),
        ]
    }

    /// The host's lines, each kind replaced by the spec's where it names any.
    ///
    /// resolv.conf(5).
    private static func resolver(_ dns: DNSSpec, _ host: String) -> String {
        var lines = host.split(separator: "\n").map(String.init).filter { line in
            !(dns.servers != nil && line.hasPrefix("nameserver"))
                && !(dns.search != nil && (line.hasPrefix("search") || line.hasPrefix("domain")))
                && !(dns.options != nil && line.hasPrefix("options"))
        }
        lines += dns.servers?.value.map { "nameserver \($0)" } ?? []
        if let search = dns.search?.value, !search.isEmpty { lines.append("search " + search.joined(separator: " ")) }
        if let options = dns.options?.value, !options.isEmpty {
            lines.append("options " + options.joined(separator: " "))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func hosts(_ spec: JailSpec, _ host: String, _ addresses: [[UInt8]]) -> String {
        let own =
            [
                "127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback", "fe00::0 ip6-localnet",
                "ff02::1 ip6-allnodes", "ff02::2 ip6-allrouters",
            ]
            + (addresses.isEmpty
                ? ["127.0.1.1 \(host)"] : addresses.compactMap { IPAddress(bytes: $0).map { "\($0) \(host)" } })
        return (own + spec.hosts.map(\.value.description)).map { $0 + "\n" }.joined()
    }
}
