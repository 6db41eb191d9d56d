/// Something wrong with a limit on this host: what, why, and what to do about it.
public struct CgroupFinding: Equatable, Sendable {
    /// Whether the request or the host is to blame.
    public enum Kind: Sendable {
        /// The value makes no sense on any host; `bestEffort` does not excuse it.
        case invalid
        /// This host cannot enforce it.
        case unenforceable
    }

    /// The blame.
    public let kind: Kind
    /// The limit it is about; nil for the group as a whole.
    public let knob: Knob?
    /// Why, in lower case.
    public let reason: String
    /// What to do.
    public let remedy: String

    /// Makes a finding.
    public init(_ kind: Kind, _ knob: Knob?, _ reason: String, _ remedy: String) {
        self.kind = kind
        self.knob = knob
        self.reason = reason
        self.remedy = remedy
    }
}

extension CgroupFinding: CustomStringConvertible {
    /// `resources.memory.high: why: what to do`.
    public var description: String {
        "\(knob?.rawValue ?? "resources"): \(reason): \(remedy)"
    }
}

/// Everything that is wrong with a set of limits.
///
/// Nothing was touched.
public struct CgroupFindings: Error, Equatable, Sendable {
    /// At least one.
    public let findings: [CgroupFinding]

    /// Makes an error from findings.
    public init(findings: [CgroupFinding]) {
        self.findings = findings
    }
}

extension CgroupFindings: CustomStringConvertible {
    /// One finding a line.
    public var description: String { findings.map(\.description).joined(separator: "\n") }
}
