/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Four or sixteen bytes in network order.
    public let bytes: [UInt8]

    /// Whether it is an IPv6 address.
    public var isVersion6: Bool { bytes.count == 16 }

    /// The address with these bytes; nil unless there are four or sixteen.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Reads dotted decimal (four parts, no octal) or RFC 4291 hexadecimal notation; no zone.
    public init(parsing text: String) throws(ValueProblem) {
        guard let bytes = text.utf8.contains(UInt8(ascii: ":")) ? Self.version6(text) : Self.version4(text) else {
            throw ValueProblem("\(text.quoted) is not an IP address, as in 192.0.2.10 or 2001:db8::10")
        }
        self.bytes = bytes
    }

    /// The address; of IPv6 the shortest form of RFC 5952.
    public var description: String {
        if !isVersion6 { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        guard let gap = Self.longestZeroRun(groups) else { return Self.hexadecimal(groups[...]) }
        return Self.hexadecimal(groups[..<gap.lowerBound]) + "::" + Self.hexadecimal(groups[gap.upperBound...])
    }

    private static func hexadecimal(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for index in 0...groups.count where index == groups.count || groups[index] != 0 {
            if index - start >= 2, index - start > best?.count ?? 0 { best = start..<index }
            start = index + 1
        }
        return best
    }

    private static func version4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            let canonical = part == "0" || part.first != "0"
            guard canonical, part.utf8.count <= 3, part.utf8.allSatisfy(isDigit), let byte = UInt8(part) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }

    private static func version6(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        var head: [UInt8] = []
        var tail: [UInt8] = []
        var gap = false
        var rest = text[...]
        if rest.hasPrefix("::") {
            gap = true
            rest = rest.dropFirst(2)
        } else if rest.first == ":" {
            return nil
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != ":" }
            rest = rest[part.endIndex...]
            guard let bytes = group(part, isLast: rest.isEmpty) else { return nil }
            if gap { tail += bytes } else { head += bytes }
            if rest.hasPrefix("::") {
                guard !gap else { return nil }
                gap = true
                rest = rest.dropFirst(2)
            } else if !rest.isEmpty {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        let missing = 16 - head.count - tail.count
        guard gap ? missing >= 2 : missing == 0 else { return nil }
        return head + [UInt8](repeating: 0, count: missing) + tail
    }

    private static func group(_ part: Substring, isLast: Bool) -> [UInt8]? {
        if part.utf8.contains(UInt8(ascii: ".")) { return isLast ? version4(part) : nil }
        guard (1...4).contains(part.utf8.count), part.first != "+", let value = UInt16(part, radix: 16) else {
            return nil
        }
        return [UInt8(value >> 8), UInt8(value & 0xFF)]
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// An address wanted for a jail; written `auto`, `192.0.2.10` or `192.0.2.10/24`.
public enum NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// The next free one of the pool.
    case auto
    /// This one; `prefix` is the length of the network part where it is not the pool's.
    case fixed(IPAddress, prefix: Int?)

    /// Reads `auto` or an address.
    public init(parsing text: String) throws(ValueProblem) {
        if text == "auto" {
            self = .auto
            return
        }
        guard let slash = text.firstIndex(of: "/") else {
            self = .fixed(try IPAddress(parsing: text), prefix: nil)
            return
        }
        let address = try IPAddress(parsing: String(text[..<slash]))
        let digits = text[text.index(after: slash)...]
        let longest = address.isVersion6 ? 128 : 32
        guard let prefix = Int(digits), (1...longest).contains(prefix), digits.first != "+" else {
            throw ValueProblem("\(String(digits).quoted) is not a prefix length from 1 to \(longest)")
        }
        self = .fixed(address, prefix: prefix)
    }

    /// The address as it is written.
    public var description: String {
        switch self {
        case .auto: "auto"
        case .fixed(let address, let prefix): prefix.map { "\(address)/\($0)" } ?? "\(address)"
        }
    }
}
