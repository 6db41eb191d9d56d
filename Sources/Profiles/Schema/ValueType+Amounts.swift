extension ValueType where Value == ByteCount {
    static var size: ValueType { size(within: 0...(1 << 60)) }

    static func size(within range: ClosedRange<UInt64>) -> ValueType {
        ValueType(name: "size") { text, rules throws(ValueProblem) in
            ByteCount(try Units.bytes.within(range).parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == CPUAmount {
    /// `least` is in millionths of a CPU.
    static func cpus(atLeast least: UInt64) -> ValueType {
        ValueType(name: "CPUs or percent") { text, rules throws(ValueProblem) in
            let units = Units.cpus.within(least...Units.cpus.range.upperBound)
            return CPUAmount(microsecondsPerSecond: try units.parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == TimeSpan {
    static func time(_ least: TimeSpan = TimeSpan(microseconds: 0), atMost most: TimeSpan) -> ValueType {
        ValueType(name: "time") { text, rules throws(ValueProblem) in
            var units = Units.time.within(least.microseconds...most.microseconds)
            if rules.flag { units.bareFactor = 1_000_000 }
            return TimeSpan(microseconds: try units.parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == UInt64 {
    static func count(_ range: ClosedRange<UInt64>) -> ValueType {
        ValueType(name: "count") { text, rules throws(ValueProblem) in
            try Units.count.within(range).parse(text, flag: rules.flag)
        }
    }
}

extension ValueType where Value == ByteRate {
    static var byteRate: ValueType {
        ValueType(name: "bytes per second") { text, rules throws(ValueProblem) in
            ByteRate(bytesPerSecond: try Units.bytesPerSecond.parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == OperationRate {
    static var operationRate: ValueType {
        ValueType(name: "operations per second") { text, rules throws(ValueProblem) in
            OperationRate(perSecond: try Units.perSecond.parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == BitRate {
    static var bitRate: ValueType {
        ValueType(name: "bits per second") { text, rules throws(ValueProblem) in
            BitRate(bitsPerSecond: try Units.bitsPerSecond.parse(text, flag: rules.flag))
        }
    }
}

extension ValueType where Value == TransferAllowance {
    static var transfer: ValueType {
        ValueType(name: "size per period") { text, rules throws(ValueProblem) in
            try TransferAllowance(parsing: text, flag: rules.flag)
        }
    }
}

extension ValueType {
    /// An amount, or `unlimited`.
    static func limit<Amount: Sendable>(of type: ValueType<Amount>) -> ValueType
    where Value == Limit<Amount> {
        ValueType(name: type.name + " or unlimited", candidates: ["unlimited"]) { text, rules throws(ValueProblem) in
            switch text {
            case "unlimited", "max": return .unlimited
            case "-1", "infinity", "none", "infinite", "inf":
                throw ValueProblem("\(text.quoted) is not a limit", suggestion: "unlimited")
            default: return .at(try type.parse(text, rules))
            }
        }
    }
}

// MARK: values with a syntax of their own

extension ValueType where Value == CPUList {
    static var cpuList: ValueType {
        ValueType(name: "CPU numbers") { text, _ throws(ValueProblem) in try CPUList(parsing: text) }
    }
}

extension ValueType where Value == UserSpec {
    static var user: ValueType {
        ValueType(name: "user[:group]") { text, _ throws(ValueProblem) in try UserSpec(parsing: text) }
    }
}

extension ValueType where Value == Signal {
    static var signal: ValueType {
        ValueType(name: "signal", candidates: Signal.names.dropFirst().map { "SIG" + $0 }) {
            text,
            _ throws(ValueProblem) in try Signal(parsing: text)
        }
    }
}

extension ValueType where Value == CapabilityName {
    static var capability: ValueType {
        ValueType(name: "capability", candidates: ["ALL"] + Vocabulary.standard.capabilities) {
            text,
            rules throws(ValueProblem) in
            try CapabilityName(parsing: text, known: rules.vocabulary.capabilities)
        }
    }
}

extension ValueType where Value == IPAddress {
    static var address: ValueType {
        ValueType(name: "IP address") { text, _ throws(ValueProblem) in try IPAddress(parsing: text) }
    }
}

extension ValueType where Value == NetworkAddress {
    static var networkAddress: ValueType {
        ValueType(name: "auto or IP address[/prefix]", candidates: ["auto"]) { text, _ throws(ValueProblem) in
            try NetworkAddress(parsing: text)
        }
    }
}

extension ValueType where Value == PublishedPort {
    static var publishedPort: ValueType {
        ValueType(name: "[ip:]hostport:port[/proto]") { text, _ throws(ValueProblem) in
            try PublishedPort(parsing: text)
        }
    }
}

extension ValueType where Value == ProbeURL {
    static var probeURL: ValueType {
        ValueType(name: "URL") { text, _ throws(ValueProblem) in try ProbeURL(parsing: text) }
    }
}

extension ValueType where Value == ProbeEndpoint {
    static var probeEndpoint: ValueType {
        ValueType(name: "[host]:port") { text, _ throws(ValueProblem) in try ProbeEndpoint(parsing: text) }
    }
}
