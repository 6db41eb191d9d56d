/// A test of one argument of a call: `(argument & mask) comparison value`, all of 64 bits.
///
/// The kernel truncates many arguments to 32 bits only after the filter has run: `socket(0x100000028, …)` opens the
/// same socket as `socket(40, …)`. A condition that refuses should therefore carry the mask 0xffffffff where the
/// parameter is an `int`.
public struct ArgumentCondition: Hashable, Sendable {
    /// How the masked argument is compared with the value; all are unsigned.
    public enum Comparison: String, CaseIterable, Sendable {
        /// `==`
        case equal
        /// `!=`
        case notEqual
        /// `<`
        case less
        /// `<=`
        case lessOrEqual
        /// `>`
        case greater
        /// `>=`
        case greaterOrEqual
    }

    /// Which argument, 0 to 5.
    public let argument: Int
    /// The bits that count.
    public let mask: UInt64
    /// How the two are compared.
    public let comparison: Comparison
    /// What the masked argument is compared with.
    public let value: UInt64

    /// Makes a condition on `argument` (0 to 5).
    public init(argument: Int, mask: UInt64 = .max, _ comparison: Comparison, _ value: UInt64) {
        self.argument = argument
        self.mask = mask
        self.comparison = comparison
        self.value = value
    }

    /// Whether the condition holds for this argument.
    public func holds(for argument: UInt64) -> Bool {
        let masked = argument & mask
        return switch comparison {
        case .equal: masked == value
        case .notEqual: masked != value
        case .less: masked < value
        case .lessOrEqual: masked <= value
        case .greater: masked > value
        case .greaterOrEqual: masked >= value
        }
    }

    /// The lowest and highest masked argument that can satisfy it, `nil` if none can.
    ///
    /// Exact for what the mask leaves at its ends; bits missing in the middle of the mask are not considered.
    var bounds: ClosedRange<UInt64>? {
        switch comparison {
        case .equal: value & ~mask == 0 ? value...value : nil
        case .notEqual: 0...mask
        case .less: value == 0 ? nil : 0...min(value - 1, mask)
        case .lessOrEqual: 0...min(value, mask)
        case .greater: value >= mask ? nil : (value + 1)...mask
        case .greaterOrEqual: value > mask ? nil : value...mask
        }
    }

    /// Whether every argument satisfies it, so that it tests nothing.
    var alwaysHolds: Bool {
        switch comparison {
        case .equal: false
        case .notEqual: value & ~mask != 0
        default: bounds == 0...mask
        }
    }

    /// Whether no argument can satisfy both; `false` where that is not plain to see.
    func excludes(_ other: ArgumentCondition) -> Bool {
        guard argument == other.argument else { return false }
        if comparison == .equal && other.comparison == .equal {
            return (value ^ other.value) & mask & other.mask != 0
        }
        // An equality fixes every bit of its mask: the other condition is decided if it looks at no further bit.
        if comparison == .equal && other.mask & ~mask == 0 { return !other.holds(for: value) }
        if other.comparison == .equal && mask & ~other.mask == 0 { return !holds(for: other.value) }
        guard mask == other.mask, let own = bounds, let others = other.bounds else { return false }
        return !own.overlaps(others)
    }
}

extension ArgumentCondition: CustomStringConvertible {
    /// Such as `argument 1 & 0xffffffff equal 0x5412`.
    public var description: String {
        let part = mask == .max ? "" : " & \(hexadecimal(mask))"
        return "argument \(argument)\(part) \(comparison.rawValue) \(hexadecimal(value))"
    }
}

/// `0x` and the digits of `value`, no padding.
func hexadecimal(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
}

extension [ArgumentCondition] {
    /// Whether no call can satisfy both lists, each of them taken as a conjunction.
    func excludes(_ others: [ArgumentCondition]) -> Bool {
        contains { own in others.contains { own.excludes($0) } }
    }
}
