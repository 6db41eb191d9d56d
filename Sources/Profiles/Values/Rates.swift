/// A throughput in bytes; written `20MiB/s`.
public struct ByteRate: Sendable, Hashable, CustomStringConvertible {
    /// Bytes in each second.
    public let bytesPerSecond: UInt64

    /// Makes a rate of so many bytes a second.
    public init(bytesPerSecond: UInt64) { self.bytesPerSecond = bytesPerSecond }

    /// The rate in the largest unit that gives a whole number.
    public var description: String { Units.bytesPerSecond.text(bytesPerSecond) }
}

/// A throughput in operations; written `1000/s`.
public struct OperationRate: Sendable, Hashable, CustomStringConvertible {
    /// Operations in each second.
    public let perSecond: UInt64

    /// Makes a rate of so many operations a second.
    public init(perSecond: UInt64) { self.perSecond = perSecond }

    /// The rate, as in `1k/s`.
    public var description: String { Units.perSecond.text(perSecond) }
}

/// A throughput of a network link; written `100Mbit/s`.
public struct BitRate: Sendable, Hashable, CustomStringConvertible {
    /// Bits in each second.
    public let bitsPerSecond: UInt64

    /// Makes a rate of so many bits a second.
    public init(bitsPerSecond: UInt64) { self.bitsPerSecond = bitsPerSecond }

    /// The rate in the largest unit that gives a whole number.
    public var description: String { Units.bitsPerSecond.text(bitsPerSecond) }
}

/// How much may be transferred in a period; written `500GiB/month`.
public struct TransferAllowance: Sendable, Hashable, CustomStringConvertible {
    /// The time after which counting starts again.
    public enum Period: String, Sendable, CaseIterable {
        /// Sixty minutes.
        case hour
        /// A calendar day, UTC.
        case day
        /// Monday to Sunday, UTC.
        case week
        /// A calendar month, UTC.
        case month
    }

    /// How much.
    public let amount: ByteCount
    /// In which time.
    public let period: Period

    /// Makes an allowance of `amount` for each `period`.
    public init(amount: ByteCount, period: Period) {
        self.amount = amount
        self.period = period
    }

    /// Reads `500GiB/month`.
    public init(parsing text: String, flag: Bool = false) throws(ValueProblem) {
        let example = "as in 500GiB/month"
        guard let slash = text.lastIndex(of: "/") else {
            throw ValueProblem("\(text.quoted) names no period, \(example)", suggestion: text + "/month")
        }
        let name = String(text[text.index(after: slash)...])
        guard let period = Period(rawValue: name) else {
            let known = Period.allCases.map(\.rawValue)
            let near = Suggestion.nearest(to: name, among: known) ?? (name == "mo" ? "month" : nil)
            throw ValueProblem(
                "\(name.quoted) is not a period: \(known.joined(separator: ", "))",
                suggestion: near.map { text[...slash] + $0 }
            )
        }
        self.init(amount: try ByteCount(parsing: String(text[..<slash]), flag: flag), period: period)
    }

    /// The amount and the period.
    public var description: String { "\(amount)/\(period.rawValue)" }
}

extension Units {
    static let bytesPerSecond = Units(
        what: "throughput",
        smallest: "bytes per second",
        example: "20MiB/s",
        units: bytes.units.map { Unit(name: $0.name + "/s", factor: $0.factor) },
        hints: bytes.hints.map { ($0.other + "/s", $0.name + "/s") }
            + bytes.units.map { ($0.name, $0.name + "/s") } + [("mb/s", "MB/s"), ("mibps", "MiB/s"), ("mbps", "MB/s")],
        flagUnits: bytes.flagUnits,
        bareHint: "MiB/s",
        range: 1...(1 << 50)
    )

    static let perSecond = Units(
        what: "operations",
        smallest: "operations per second",
        example: "1000/s",
        units: [Unit(name: "M/s", factor: 1_000_000), Unit(name: "k/s", factor: 1_000), Unit(name: "/s", factor: 1)],
        hints: [("iops", "/s"), ("k", "k/s"), ("ops", "/s"), ("ops/s", "/s"), ("/sec", "/s")],
        bareHint: "/s",
        range: 1...1_000_000_000
    )

    /// Bytes are taken as well: eight bits each.
    static let bitsPerSecond = Units(
        what: "network throughput",
        smallest: "bits per second",
        example: "100Mbit/s",
        units: [
            Unit(name: "Tbit/s", factor: 1_000_000_000_000), Unit(name: "Gbit/s", factor: 1_000_000_000),
            Unit(name: "Mbit/s", factor: 1_000_000), Unit(name: "kbit/s", factor: 1_000),
            Unit(name: "bit/s", factor: 1), Unit(name: "GiB/s", factor: 8 << 30), Unit(name: "MiB/s", factor: 8 << 20),
            Unit(name: "KiB/s", factor: 8 << 10), Unit(name: "GB/s", factor: 8_000_000_000),
            Unit(name: "MB/s", factor: 8_000_000), Unit(name: "kB/s", factor: 8_000),
        ],
        hints: [
            ("gbps", "Gbit/s"), ("mbps", "Mbit/s"), ("kbps", "kbit/s"), ("gbit", "Gbit/s"), ("mbit", "Mbit/s"),
            ("kbit", "kbit/s"), ("m", "Mbit/s"), ("g", "Gbit/s"), ("k", "kbit/s"), ("bps", "bit/s"),
        ],
        bareHint: "Mbit/s",
        range: 1_000...1_000_000_000_000_000
    )
}
