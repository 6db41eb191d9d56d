/// Amounts of what the machine can promise.
public struct Amounts: Equatable, Sendable {
    /// Processor time, in microseconds a second.
    public var cpu: UInt64
    /// Bytes of memory.
    public var memory: UInt64
    /// Bytes of disk.
    public var disk: UInt64

    /// Makes amounts; nothing where nothing is said.
    public init(cpu: UInt64 = 0, memory: UInt64 = 0, disk: UInt64 = 0) {
        (self.cpu, self.memory, self.disk) = (cpu, memory, disk)
    }

    /// The amount of one resource.
    public subscript(_ resource: Resource) -> UInt64 {
        get {
            switch resource {
            case .cpu: cpu
            case .memory: memory
            case .disk: disk
            }
        }
        set {
            switch resource {
            case .cpu: cpu = newValue
            case .memory: memory = newValue
            case .disk: disk = newValue
            }
        }
    }

    /// Sums that would not fit a word stay at its end: they fit no host either.
    static func + (left: Amounts, right: Amounts) -> Amounts {
        var sum = left
        for resource in Resource.allCases { sum[resource] = left[resource].addingSaturated(right[resource]) }
        return sum
    }
}

/// What can be promised.
public enum Resource: String, CaseIterable, Sendable {
    /// Processor time.
    case cpu
    /// Memory.
    case memory
    /// Disk.
    case disk

    /// An amount as people write it.
    public func text(_ amount: UInt64) -> String {
        switch self {
        case .cpu:
            let hundredths = amount / 10_000
            return amount % 10_000 == 0 ? "\(hundredths)%" : "\(Double(amount) / 10_000)%"
        case .memory, .disk: return Self.bytes(amount)
        }
    }

    private static func bytes(_ amount: UInt64) -> String {
        for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)] where amount >= 1 << UInt64(shift) {
            let hundredths = (amount >> UInt64(shift - 7)) * 100 / 128
            let rest = hundredths % 100
            return rest == 0
                ? "\(hundredths / 100) \(unit)"
                : "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) \(unit)"
        }
        return "\(amount) B"
    }
}

extension UInt64 {
    func addingSaturated(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    func subtractingSaturated(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
