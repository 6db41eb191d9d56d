/// Reads a number with a unit exactly: no floating point is involved, and what is not a whole number is refused.
struct Units: Sendable {
    /// One unit and how many of the smallest one it holds.
    struct Unit: Sendable {
        let name: String
        let factor: UInt64
    }

    /// What is measured, for messages: `size`.
    let what: String
    /// The smallest unit in words, for messages: `bytes`.
    let smallest: String
    /// An example for messages.
    let example: String
    /// The units, in the order in which a value is printed: the largest that divides it wins.
    let units: [Unit]
    /// Other ways of writing a unit that are refused, and what to write instead.
    var hints: [(other: String, name: String)] = []
    /// Suffixes of docker's flags, taken on the command line only.
    var flagUnits: [Unit] = []
    /// The unit proposed for a bare number.
    let bareHint: String
    /// The unit of a bare number, where one is allowed.
    var bareFactor: UInt64?
    /// The smallest and the largest sensible value.
    var range: ClosedRange<UInt64>

    /// The value of `text` in the smallest unit.
    func parse(_ text: String, flag: Bool = false) throws(ValueProblem) -> UInt64 {
        let number = try Number(text, measuring: self)
        let factor = try factor(of: number, flag: flag)
        let (whole, rest) = (UInt128(number.digits) * UInt128(factor))
            .quotientAndRemainder(dividingBy: Number.power(of: number.fractionDigits))
        guard rest == 0 else {
            throw ValueProblem("\(text.quoted) is not a whole number of \(smallest)", suggestion: suggestWhole(whole))
        }
        guard whole <= range.upperBound else {
            throw ValueProblem("\(text.quoted) is more than \(self.text(range.upperBound)), the most that makes sense")
        }
        guard whole >= range.lowerBound else {
            throw ValueProblem("\(text.quoted) is less than \(self.text(range.lowerBound)), the least that works")
        }
        return UInt64(whole)
    }

    /// `value` in the largest unit that gives a whole number.
    func text(_ value: UInt64) -> String {
        for unit in units where value >= unit.factor && value.isMultiple(of: unit.factor) {
            return "\(value / unit.factor)\(unit.name)"
        }
        return value == 0 ? "0" : "\(value)"
    }

    /// The same with other limits.
    func within(_ range: ClosedRange<UInt64>) -> Units {
        var copy = self
        copy.range = range
        return copy
    }

    private func factor(of number: Number, flag: Bool) throws(ValueProblem) -> UInt64 {
        if number.unit.isEmpty {
            if let bareFactor { return bareFactor }
            if number.digits == 0 { return 1 }
            throw ValueProblem(
                "\(number.text.quoted) is a bare number where a unit belongs, as in \(example)",
                suggestion: number.text + (number.isLarge ? units.last?.name ?? "" : bareHint)
            )
        }
        if let unit = units.first(where: { $0.name == number.unit }) { return unit.factor }
        if flag, let unit = flagUnits.first(where: { $0.name == number.unit.lowercased() }) { return unit.factor }
        throw ValueProblem(
            "\(number.text.quoted) does not end in a known unit of \(what), as in \(example)",
            suggestion: suggestUnit(for: number)
        )
    }

    private func suggestUnit(for number: Number) -> String? {
        let unit = number.unit.filter { $0 != " " }
        let name =
            units.first { $0.name == unit }?.name
            ?? hints.first { $0.other == unit || $0.other == unit.lowercased() }?.name
            ?? Suggestion.nearest(to: unit, among: units.lazy.map(\.name))
        return name.map { number.amount + $0 }
    }

    private func suggestWhole(_ whole: UInt128) -> String? {
        UInt64(exactly: whole).flatMap { range.contains($0) && $0 > 0 ? text($0) : nil }
    }
}

/// A decimal number and what follows it.
private struct Number {
    let text: String
    /// The number without its unit.
    let amount: String
    /// All digits, the point left out.
    let digits: UInt64
    let fractionDigits: Int
    let unit: String

    /// More than a million without a unit was probably meant in the smallest one.
    var isLarge: Bool { digits >= 1_000_000 }

    init(_ text: String, measuring units: Units) throws(ValueProblem) {
        guard !text.isEmpty else { throw ValueProblem("the value is missing; it is written as in \(units.example)") }
        guard text.utf8.first != UInt8(ascii: "-") else { throw ValueProblem("\(text.quoted) is negative") }
        var digits: UInt64 = 0
        var seen = 0
        var fraction: Int?
        var end = text.utf8.startIndex
        while end < text.utf8.endIndex {
            let byte = text.utf8[end]
            if byte == UInt8(ascii: "."), fraction == nil, seen > 0 {
                fraction = 0
            } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let (grown, high) = digits.multipliedReportingOverflow(by: 10)
                let (sum, carry) = grown.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
                guard !high, !carry else { throw ValueProblem("\(text.quoted) has more digits than make sense") }
                digits = sum
                seen += 1
                fraction = fraction.map { $0 + 1 }
            } else {
                break
            }
            end = text.utf8.index(after: end)
        }
        guard seen > 0, fraction != 0 else {
            throw ValueProblem("\(text.quoted) is not a number with a unit of \(units.what), as in \(units.example)")
        }
        guard (fraction ?? 0) <= 18 else { throw ValueProblem("\(text.quoted) has more digits than make sense") }
        self.text = text
        self.amount = String(text[..<end])
        self.digits = digits
        self.fractionDigits = fraction ?? 0
        self.unit = String(text[end...])
    }

    static func power(of exponent: Int) -> UInt128 {
        var result: UInt128 = 1
        for _ in 0..<exponent { result *= 10 }
        return result
    }
}
