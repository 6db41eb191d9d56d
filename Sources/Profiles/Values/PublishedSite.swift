/// A web site by name that leads to a port of the jail; written `http: shop.example`, with `:8080` behind it for another
/// port than 80.
public struct PublishedSite: Sendable, Hashable, CustomStringConvertible {
    /// Whether visitors come by HTTPS; what goes to the jail is HTTP either way.
    public let isSecure: Bool
    /// The host name, in lower-case letters; `*.shop.example` stands for every name below.
    public let name: String
    /// The jail's port.
    public let port: UInt16

    /// Reads what stands behind `http:` or `https:`.
    public init(parsing text: String, isSecure: Bool) throws(ValueProblem) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var port: UInt16 = 80
        if parts.count == 2 {
            guard let number = UInt16(parts[1]), number > 0 else {
                throw ValueProblem("\(String(parts[1]).quoted) is not a port from 1 to 65535")
            }
            port = number
        }
        let name = (parts.first.map(String.init) ?? "").lowercased()
        guard parts.count <= 2, !name.isEmpty else {
            throw ValueProblem("\(text.quoted) is not a host name, nor one with a port such as shop.example:8080")
        }
        // Nothing else may reach the proxy's configuration.
        try Names.checkHost(name.hasPrefix("*.") ? String(name.dropFirst(2)) : name, longest: 253)
        (self.isSecure, self.name, self.port) = (isSecure, name, port)
    }

    /// Reads `http:shop.example` as a flag has it; nil for what is no site.
    init?(flag text: String) throws(ValueProblem) {
        if text.hasPrefix("https:") {
            try self.init(parsing: String(text.dropFirst(6)), isSecure: true)
        } else if text.hasPrefix("http:") {
            try self.init(parsing: String(text.dropFirst(5)), isSecure: false)
        } else {
            return nil
        }
    }

    /// The site as a flag has it.
    public var description: String { "\(isSecure ? "https" : "http"):\(name):\(port)" }
}
