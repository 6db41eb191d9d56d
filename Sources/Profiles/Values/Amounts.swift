/// A size in bytes; written `512MiB`, `1.5GiB`, `500MB`.
public struct ByteCount: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of bytes.
    public let bytes: UInt64

    /// Makes a size of `bytes` bytes.
    public init(_ bytes: UInt64) { self.bytes = bytes }

    /// Reads `512MiB`; with `flag`, docker's `512m` as well.
    public init(parsing text: String, flag: Bool = false) throws(ValueProblem) {
        bytes = try Units.bytes.parse(text, flag: flag)
    }

    /// The size in the largest unit that gives a whole number.
    public var description: String { Units.bytes.text(bytes) }

    /// Smaller sizes come first.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

/// An amount of processor time; written `1.5` (CPUs) or `150%`.
public struct CPUAmount: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Microseconds of processor time in each second: 1,500,000 is one and a half CPUs.
    public let microsecondsPerSecond: UInt64

    /// Makes an amount of so many microseconds in each second.
    public init(microsecondsPerSecond: UInt64) { self.microsecondsPerSecond = microsecondsPerSecond }

    /// The amount as a percentage of one CPU.
    public var description: String {
        let (whole, rest) = microsecondsPerSecond.quotientAndRemainder(dividingBy: 10_000)
        if rest == 0 { return "\(whole)%" }
        var fraction = String(10_000 + rest).dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(whole).\(fraction)%"
    }

    /// Smaller amounts come first.
    public static func < (left: CPUAmount, right: CPUAmount) -> Bool {
        left.microsecondsPerSecond < right.microsecondsPerSecond
    }
}

/// A length of time; written `50ms`, `30s`, `5min`.
public struct TimeSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The length in microseconds.
    public let microseconds: UInt64

    /// Makes a span of so many microseconds.
    public init(microseconds: UInt64) { self.microseconds = microseconds }

    /// Makes a span of so many seconds.
    public static func seconds(_ seconds: UInt64) -> TimeSpan { TimeSpan(microseconds: seconds * 1_000_000) }

    /// Reads `30s`; with `flag`, a bare number is taken as seconds, as docker does.
    public init(parsing text: String, flag: Bool = false) throws(ValueProblem) {
        var units = Units.time
        if flag { units.bareFactor = 1_000_000 }
        microseconds = try units.parse(text, flag: flag)
    }

    /// The length as the standard library's type.
    public var duration: Duration { .microseconds(Int64(clamping: microseconds)) }

    /// The length in the largest unit that gives a whole number.
    public var description: String { Units.time.text(microseconds) }

    /// Shorter spans come first.
    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.microseconds < right.microseconds }
}

/// A limit that may be lifted; written as its amount, or `unlimited` (or `max`, the kernel's word for it).
public enum Limit<Amount: Sendable>: Sendable {
    /// No limit, said on purpose.
    case unlimited
    /// At most this much.
    case at(Amount)

    /// The amount, nil for no limit.
    public var amount: Amount? {
        if case .at(let amount) = self { amount } else { nil }
    }
}

extension Limit: Equatable where Amount: Equatable {}
extension Limit: Hashable where Amount: Hashable {}

extension Limit: CustomStringConvertible where Amount: CustomStringConvertible {
    /// The amount, or `unlimited`.
    public var description: String { amount?.description ?? "unlimited" }
}

extension Units {
    static let bytes = Units(
        what: "size",
        smallest: "bytes",
        example: "512MiB",
        units: [
            Unit(name: "PiB", factor: 1 << 50), Unit(name: "TiB", factor: 1 << 40), Unit(name: "GiB", factor: 1 << 30),
            Unit(name: "MiB", factor: 1 << 20), Unit(name: "KiB", factor: 1 << 10),
            Unit(name: "PB", factor: 1_000_000_000_000_000), Unit(name: "TB", factor: 1_000_000_000_000),
            Unit(name: "GB", factor: 1_000_000_000), Unit(name: "MB", factor: 1_000_000),
            Unit(name: "kB", factor: 1_000), Unit(name: "KB", factor: 1_000), Unit(name: "B", factor: 1),
        ],
        hints: [
            ("k", "KiB"), ("m", "MiB"), ("g", "GiB"), ("t", "TiB"), ("p", "PiB"), ("ki", "KiB"), ("mi", "MiB"),
            ("gi", "GiB"), ("ti", "TiB"), ("pi", "PiB"), ("bytes", "B"), ("byte", "B"), ("kib", "KiB"), ("kb", "kB"),
        ],
        flagUnits: [
            Unit(name: "b", factor: 1), Unit(name: "k", factor: 1 << 10), Unit(name: "m", factor: 1 << 20),
            Unit(name: "g", factor: 1 << 30), Unit(name: "t", factor: 1 << 40),
        ],
        bareHint: "MiB",
        range: 0...(1 << 60)
    )

    static let cpus = Units(
        what: "processor time",
        smallest: "millionths of a CPU",
        example: "1.5 or 150%",
        units: [Unit(name: "%", factor: 10_000)],
        hints: [("percent", "%"), ("pct", "%")],
        bareHint: "%",
        bareFactor: 1_000_000,
        range: 0...8_192_000_000
    )

    static let time = Units(
        what: "time",
        smallest: "microseconds",
        example: "30s",
        units: [
            Unit(name: "d", factor: 86_400_000_000), Unit(name: "h", factor: 3_600_000_000),
            Unit(name: "min", factor: 60_000_000), Unit(name: "s", factor: 1_000_000), Unit(name: "ms", factor: 1_000),
            Unit(name: "us", factor: 1),
        ],
        hints: [
            ("m", "min"), ("sec", "s"), ("secs", "s"), ("second", "s"), ("seconds", "s"), ("minutes", "min"),
            ("minute", "min"), ("mins", "min"), ("hours", "h"), ("hour", "h"), ("days", "d"), ("day", "d"),
            ("µs", "us"), ("usec", "us"), ("msec", "ms"),
        ],
        flagUnits: [Unit(name: "m", factor: 60_000_000)],
        bareHint: "s",
        range: 0...(366 * 86_400_000_000)
    )

    static let count = Units(
        what: "count",
        smallest: "units",
        example: "256 or 200k",
        units: [
            Unit(name: "G", factor: 1_000_000_000), Unit(name: "M", factor: 1_000_000), Unit(name: "k", factor: 1_000),
        ],
        hints: [("K", "k"), ("m", "M"), ("g", "G"), ("thousand", "k"), ("million", "M")],
        bareHint: "",
        bareFactor: 1,
        range: 0...(1 << 53)
    )
}
