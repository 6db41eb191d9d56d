/// Ports of the host that lead to ports of the jail; written `[ip:]hostport:port[/proto]`, ports also as ranges.
public struct PublishedPort: Sendable, Hashable, CustomStringConvertible {
    /// The transport protocol.
    public enum Transport: String, Sendable, CaseIterable {
        /// Transmission Control Protocol.
        case tcp
        /// User Datagram Protocol.
        case udp
        /// Stream Control Transmission Protocol.
        case sctp
    }

    /// The address of the host that listens; nil for all.
    public let hostAddress: IPAddress?
    /// Ports on the host.
    public let hostPorts: ClosedRange<UInt16>
    /// Ports in the jail, as many as on the host.
    public let jailPorts: ClosedRange<UInt16>
    /// The transport protocol, TCP unless said.
    public let transport: Transport

    /// Reads `8080:80/tcp`, `127.0.0.1:8080:80`, `[::1]:8080:80`, `8000-8010:8000-8010/udp`.
    public init(parsing text: String) throws(ValueProblem) {
        var rest = text[...]
        transport = try Self.takeTransport(&rest)
        hostAddress = try Self.takeAddress(&rest)
        guard let colon = rest.firstIndex(of: ":") else {
            throw ValueProblem(
                "\(text.quoted) names one port, not hostport:port",
                suggestion: UInt16(rest).map { "\($0):\($0)" }
            )
        }
        hostPorts = try Self.ports(rest[..<colon])
        jailPorts = try Self.ports(rest[rest.index(after: colon)...])
        guard hostPorts.count == jailPorts.count else {
            throw ValueProblem("\(text.quoted) maps \(hostPorts.count) ports to \(jailPorts.count)")
        }
    }

    /// Whether both would listen on the same address and port of the host.
    public func collides(with other: PublishedPort) -> Bool {
        transport == other.transport && hostPorts.overlaps(other.hostPorts)
            && (hostAddress == nil || other.hostAddress == nil || hostAddress == other.hostAddress)
    }

    /// The mapping as it is written, protocol included.
    public var description: String { "\(hostSide):\(Self.text(jailPorts))/\(transport.rawValue)" }

    /// Address and ports on the host.
    var hostSide: String {
        guard let hostAddress else { return Self.text(hostPorts) }
        return (hostAddress.isVersion6 ? "[\(hostAddress)]" : "\(hostAddress)") + ":" + Self.text(hostPorts)
    }

    private static func text(_ ports: ClosedRange<UInt16>) -> String {
        ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)"
    }

    private static func takeTransport(_ rest: inout Substring) throws(ValueProblem) -> Transport {
        guard let slash = rest.lastIndex(of: "/") else { return .tcp }
        let name = String(rest[rest.index(after: slash)...])
        guard let transport = Transport(rawValue: name) else {
            let names = Transport.allCases.map(\.rawValue)
            throw ValueProblem(
                "\(name.quoted) is not a protocol: \(names.joined(separator: ", "))",
                suggestion: Suggestion.nearest(to: name, among: names)
            )
        }
        rest = rest[..<slash]
        return transport
    }

    private static func takeAddress(_ rest: inout Substring) throws(ValueProblem) -> IPAddress? {
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]"), rest[end...].hasPrefix("]:") else {
                throw ValueProblem("\(String(rest).quoted) has no address in brackets followed by a colon")
            }
            let address = try IPAddress(parsing: String(rest[rest.index(after: rest.startIndex)..<end]))
            rest = rest[end...].dropFirst(2)
            return address
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 3 {
            throw ValueProblem("\(String(rest).quoted) has too many colons; an IPv6 address stands in brackets")
        }
        guard parts.count == 3 else { return nil }
        rest = rest[parts[1].startIndex...]
        return try IPAddress(parsing: String(parts[0]))
    }

    private static func ports(_ text: Substring) throws(ValueProblem) -> ClosedRange<UInt16> {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = ends.first, let last = ends.last, ends.count <= 2,
            let low = port(first), let high = port(last), low <= high
        else {
            throw ValueProblem("\(String(text).quoted) is not a port from 1 to 65535, nor a range such as 8000-8010")
        }
        return low...high
    }

    private static func port(_ text: Substring) -> UInt16? {
        guard text.utf8.first != UInt8(ascii: "+"), let port = UInt16(text), port > 0 else { return nil }
        return port
    }
}
