/// What a file says about a network: `kind: Network`.
public struct NetworkFile: Sendable {
    /// How its jails are connected.
    public var mode = NetworkMode.bridge
    /// Addresses for its jails, with the length of the network part.
    public var ranges: [(address: IPAddress, prefix: Int)] = []
    /// Whether jails leave under the host's address; nil for the mode's default.
    public var translated: Bool?
    /// Bytes in a packet.
    public var mtu: UInt64?
    /// The interface of the host that it stands on.
    public var parent: String?
    /// Next hops of a macvlan.
    public var gateways: [IPAddress] = []
    /// Services of the host that its jails may use, as `53/udp`.
    public var services: [(port: UInt16, transport: PublishedPort.Transport)] = []
    /// What is wrong; nothing may be used while there is an error.
    public private(set) var findings: [Finding] = []

    private static let keys = ["mode", "addresses", "nat", "mtu", "parent", "gateways", "services"]

    /// Reads the text of a file.
    public init(file: String, text: String) {
        var yaml = YAMLText(file: file)
        let documents = yaml.documents(in: text)
        var reading = Reading(file: file, rules: ReadingRules(flag: false, vocabulary: .standard))
        for finding in yaml.findings { reading.add(finding) }
        if documents.count == 1 {
            read(documents[0], &reading)
        } else if !yaml.findings.hasErrors {
            reading.add(Finding(file: file, message: "one document is expected, \(documents.count) are there"))
        }
        findings = reading.findings
    }

    private mutating func read(_ node: Node, _ reading: inout Reading) {
        for entry in reading.map(node, "") ?? [] {
            switch entry.key {
            case "apiVersion": expect("bailey/v1", entry, &reading)
            case "kind": expect("Network", entry, &reading)
            case "metadata": continue
            case "spec": for key in reading.map(entry.value, "spec") ?? [] { read(key, &reading) }
            default: reading.report("unknown key", at: entry.position, Key.shortened(entry.key))
            }
        }
        if mode == .none || mode == .host {
            reading.report("a network is one of bridge, routed, macvlan, shared", at: node.position, "spec.mode")
        }
        if ranges.isEmpty { reading.report("a network needs addresses", at: node.position, "spec.addresses") }
        if mode == .macvlan, parent == nil {
            reading.report("macvlan needs a parent: an interface of the host", at: node.position, "spec.parent")
        }
    }

    private func expect(_ word: String, _ entry: Node.Entry, _ reading: inout Reading) {
        guard let text = reading.scalar(entry.value, entry.key), text != word else { return }
        reading.report("\(text.quoted) is not known here", at: entry.value.position, entry.key, suggestion: word)
    }

    private mutating func read(_ entry: Node.Entry, _ reading: inout Reading) {
        let path = "spec." + Key.shortened(entry.key)
        switch entry.key {
        case "mode": mode = reading.value(entry.value, .choice(of: NetworkMode.self), path) ?? mode
        case "nat": translated = reading.value(entry.value, .boolean, path)
        case "mtu": mtu = reading.value(entry.value, .count(1280...65535), path)
        case "parent": parent = reading.value(entry.value, .text, path)
        case "addresses":
            for item in reading.list(entry.value, path) ?? [] {
                guard let value = reading.value(item, ValueType<NetworkAddress>.networkAddress, path) else { continue }
                guard case .fixed(let address, let prefix?) = value else {
                    reading.report("a range is written 10.20.0.0/16", at: item.position, path)
                    continue
                }
                ranges.append((address, prefix))
            }
        case "gateways":
            gateways = (reading.list(entry.value, path) ?? []).compactMap { reading.value($0, .address, path) }
        case "services":
            for item in reading.list(entry.value, path) ?? [] {
                guard let text = reading.scalar(item, path) else { continue }
                let parts = text.split(separator: "/")
                guard let port = parts.first.flatMap({ UInt16($0) }), port > 0,
                    let transport = PublishedPort.Transport(rawValue: parts.count == 2 ? String(parts[1]) : "tcp")
                else {
                    reading.report(
                        "\(text.quoted) is not a port with its protocol, as in 53/udp",
                        at: item.position,
                        path
                    )
                    continue
                }
                services.append((port, transport))
            }
        default:
            let near = Suggestion.nearest(to: entry.key, among: Self.keys)
            reading.report("unknown key", at: entry.position, path, suggestion: near)
        }
    }
}
