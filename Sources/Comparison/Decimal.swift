/// Numbers as text, the same on every machine and in every language.
enum Decimal {
    /// With so many digits after the point, rounded half up.
    static func text(_ value: Double, places: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = UInt64((abs(value) * scale).rounded())
        let (units, rest) = whole.quotientAndRemainder(dividingBy: UInt64(scale))
        let sign = value < 0 && whole > 0 ? "-" : ""
        if places == 0 { return sign + "\(units)" }
        let digits = "\(rest)"
        return sign + "\(units)." + String(repeating: "0", count: places - digits.count) + digits
    }

    /// A ratio: two digits, or three where it is close to one.
    static func ratio(_ value: Double) -> String { text(value, places: value < 1.1 && value > 0.9 ? 3 : 2) }

    /// A span of time in the unit that keeps it readable.
    static func time(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1000: text(nanoseconds, places: 1) + " ns"
        case ..<1_000_000: text(nanoseconds / 1000, places: 2) + " µs"
        case ..<1_000_000_000: text(nanoseconds / 1_000_000, places: 2) + " ms"
        default: text(nanoseconds / 1_000_000_000, places: 2) + " s"
        }
    }
}
