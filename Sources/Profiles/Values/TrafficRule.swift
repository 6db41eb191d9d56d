/// A rule about traffic; written `allow|deny [tcp|udp|sctp|icmp] [ADDRESS[/PREFIX]|@SET] [PORT[-PORT]]`.
public struct TrafficRule: Sendable, Hashable, CustomStringConvertible {
    /// Whether it may pass.
    public let verdict: Verdict
    /// The protocol; nil for all.
    public let transport: String?
    /// The other end; nil for everybody.
    public let address: IPAddress?
    /// The name of a set of other ends, without `@`; nil for none.
    public let set: String?
    /// Bits of the address that count.
    public let prefix: Int?
    /// Destination ports; nil for all.
    public let ports: ClosedRange<UInt16>?

    /// Protocols that a rule can name, with their numbers.
    public static let transports: [(name: String, number: UInt8)] = [
        ("tcp", 6), ("udp", 17), ("sctp", 132), ("icmp", 1), ("icmp6", 58),
    ]

    /// Reads `deny tcp 192.0.2.0/24 443`.
    public init(parsing text: String) throws(ValueProblem) {
        var words = text.split(separator: " ").map(String.init)[...]
        guard let first = words.popFirst(), let verdict = Verdict(rawValue: first) else {
            throw ValueProblem("\(text.quoted) does not begin with allow or deny, as in deny tcp 192.0.2.0/24 443")
        }
        self.verdict = verdict
        var transport: String?
        if let word = words.first, Self.transports.contains(where: { $0.name == word }) {
            transport = word
            words.removeFirst()
        }
        var (address, prefix, set): (IPAddress?, Int?, String?)
        if let word = words.first, word.hasPrefix("@") {
            set = try Self.setName(word.dropFirst())
            words.removeFirst()
        } else if let word = words.first, word.contains(".") || word.contains(":"),
            case .fixed(let parsed, let length) = try NetworkAddress(parsing: word)
        {
            (address, prefix) = (parsed, length ?? parsed.bytes.count * 8)
            words.removeFirst()
        }
        var ports: ClosedRange<UInt16>?
        if let word = words.popFirst() {
            let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low > 0, low <= high else {
                throw ValueProblem("\(word.quoted) is not a port from 1 to 65535, nor a range such as 8000-8010")
            }
            guard let transport, !transport.hasPrefix("icmp") else {
                throw ValueProblem("\(text.quoted) has ports but no protocol with ports: say tcp, udp or sctp")
            }
            ports = low...high
        }
        guard words.isEmpty else { throw ValueProblem("\(text.quoted) goes on after its port") }
        (self.transport, self.address, self.prefix, self.ports) = (transport, address, prefix, ports)
        self.set = set
    }

    /// The name of a file in one folder, and of nothing else.
    private static func setName(_ text: Substring) throws(ValueProblem) -> String {
        let isName = text.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
                || byte == 0x5F
        }
        guard !text.isEmpty, text.utf8.count <= 63, isName else {
            throw ValueProblem("\("@\(text)".quoted) is not the name of a set: up to 63 letters, digits, '-' and '_'")
        }
        return String(text)
    }

    /// The rule as it is written.
    public var description: String {
        var words = [verdict.rawValue]
        if let transport { words.append(transport) }
        if let address { words.append("\(address)/\(prefix ?? address.bytes.count * 8)") }
        if let set { words.append("@" + set) }
        if let ports {
            words.append(ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)")
        }
        return words.joined(separator: " ")
    }
}

/// What happens to traffic beyond an allowance; written `block`, or a rate.
public enum TransferExcess: Sendable, Hashable, CustomStringConvertible {
    /// Nothing passes until the next period.
    case block
    /// It goes on at this rate.
    case slow(BitRate)

    /// The word or the rate.
    public var description: String {
        switch self {
        case .block: "block"
        case .slow(let rate): rate.description
        }
    }
}

extension ValueType where Value == TrafficRule {
    static var trafficRule: ValueType {
        ValueType(name: "allow|deny [protocol] [address[/prefix] or @set] [ports]") { text, _ throws(ValueProblem) in
            try TrafficRule(parsing: text)
        }
    }
}

extension ValueType where Value == TransferExcess {
    static var excess: ValueType {
        ValueType(name: "block or bits per second", candidates: ["block"]) { text, rules throws(ValueProblem) in
            if text == "block" { return .block }
            return .slow(try ValueType<BitRate>.bitRate.parse(text, rules))
        }
    }
}
