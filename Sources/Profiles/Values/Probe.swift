/// A page to fetch in a jail to see whether it is well; written `http://:80/healthz`.
public struct ProbeURL: Sendable, Hashable, CustomStringConvertible {
    /// Whether the transport is encrypted.
    public let isSecure: Bool
    /// Where to connect.
    public let endpoint: ProbeEndpoint
    /// The path with its query, beginning with `/`.
    public let path: String

    /// Reads an http or https URL; without a host the jail itself is meant.
    public init(parsing text: String) throws(ValueProblem) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else {
            throw ValueProblem("\(text.quoted) is not a URL such as http://:80/healthz")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ValueProblem("a URL has no spaces and only ASCII characters")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@") else { throw ValueProblem("a URL of a health check carries no credentials") }
        let path = rest[authority.endIndex...]
        self.isSecure = isSecure
        endpoint = try ProbeEndpoint(parsing: String(authority), defaultPort: isSecure ? 443 : 80)
        self.path = path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// The URL.
    public var description: String { (isSecure ? "https://" : "http://") + endpoint.description + path }
}

/// A TCP port to connect to; written `:5432`, `5432` or `10.0.0.7:5432`.
public struct ProbeEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A host name or address; empty for the jail itself.
    public let host: String
    /// The port.
    public let port: UInt16

    /// Reads `[host]:port`, or a bare port.
    public init(parsing text: String, defaultPort: UInt16? = nil) throws(ValueProblem) {
        if defaultPort == nil, let port = UInt16(text), port > 0 {
            (host, self.port) = ("", port)
            return
        }
        let colon = text.lastIndex(of: ":")
        let isPort = colon.map { !text[$0...].contains("]") } ?? false
        let host = isPort ? String(text[..<(colon ?? text.endIndex)]) : text
        let digits = isPort ? text[(colon ?? text.startIndex)...].dropFirst() : ""
        guard let port = digits.isEmpty ? defaultPort : UInt16(digits), port > 0, digits.first != "+" else {
            throw ValueProblem("\(text.quoted) names no port from 1 to 65535, as in :80")
        }
        try Self.check(host: host)
        (self.host, self.port) = (host, port)
    }

    private static func check(host: String) throws(ValueProblem) {
        if host.isEmpty { return }
        if host.hasPrefix("["), host.hasSuffix("]") {
            _ = try IPAddress(parsing: String(host.dropFirst().dropLast()))
        } else {
            try Names.checkHost(host, longest: 253)
        }
    }

    /// The IPv4 address to connect to, in host order: loopback where no host is named.
    ///
    /// nil for what would have to be resolved first: a check must not hang on a name server.
    public var address: UInt32? {
        if host.isEmpty || host == "localhost" { return 0x7F00_0001 }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4 else { return nil }
        return parts.reduce(0) { sum, part in sum.flatMap { sum in part.map { sum << 8 | UInt32($0) } } }
    }

    /// Host and port.
    public var description: String { "\(host):\(port)" }
}
