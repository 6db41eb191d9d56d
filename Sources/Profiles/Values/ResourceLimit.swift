/// A limit of each process in a jail; getrlimit(2).
public struct ResourceLimit: Sendable, Hashable {
    /// What is limited; the raw value is the name without `RLIMIT_`, in lower case.
    public enum Resource: String, Choice {
        /// Address space, bytes.
        case `as`
        /// Core dump, bytes.
        case core
        /// Processor time, seconds.
        case cpu
        /// Data segment, bytes.
        case data
        /// Size of a file, bytes.
        case fsize
        /// File locks, a count.
        case locks
        /// Locked memory, bytes.
        case memlock
        /// POSIX message queues, bytes.
        case msgqueue
        /// Ceiling of the nice value, 20 minus it.
        case nice
        /// Open files, a count.
        case nofile
        /// Processes of the user, a count.
        case nproc
        /// Resident set, bytes; without effect since Linux 2.4.30.
        case rss
        /// Ceiling of the real-time priority.
        case rtprio
        /// Real-time computing without a blocking call, microseconds.
        case rttime
        /// Queued signals, a count.
        case sigpending
        /// Stack, bytes.
        case stack
    }

    /// What is limited.
    public let resource: Resource
    /// What the process meets first; in the kernel's unit for the resource.
    public let soft: Limit<UInt64>
    /// How far the process may raise `soft`; in the kernel's unit for the resource.
    public let hard: Limit<UInt64>

    /// Makes a limit from values in the kernel's units.
    public init(_ resource: Resource, soft: Limit<UInt64>, hard: Limit<UInt64>) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    /// Reads a name and `VALUE` or `SOFT:HARD`.
    public init(name: String, value: String, flag: Bool) throws(ValueProblem) {
        var short = name.lowercased()
        if short.hasPrefix("rlimit_") { short.removeFirst(7) }
        guard let resource = Resource(rawValue: short) else {
            throw ValueProblem(
                "\(name.quoted) is not a resource limit",
                suggestion: Suggestion.nearest(to: short, among: Resource.allCases.lazy.map(\.rawValue))
            )
        }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first, let last = parts.last, parts.count <= 2 else {
            throw ValueProblem("\(value.quoted) is neither a limit nor SOFT:HARD")
        }
        let soft = try Self.amount(of: resource, first, flag: flag)
        let hard = parts.count == 1 ? soft : try Self.amount(of: resource, last, flag: flag)
        guard (soft.amount ?? .max) <= (hard.amount ?? .max) else {
            throw ValueProblem("the soft limit \(first) is above the hard limit \(last)")
        }
        self.init(resource, soft: soft, hard: hard)
    }

    private static func amount(of resource: Resource, _ text: String, flag: Bool) throws(ValueProblem) -> Limit<UInt64>
    {
        if text == "unlimited" || text == "max" { return .unlimited }
        if text == "-1" || text == "infinity" {
            throw ValueProblem("\(text.quoted) is not a limit", suggestion: "unlimited")
        }
        let value = try units(of: resource).parse(text, flag: flag)
        return .at(resource == .cpu ? value / 1_000_000 : value)
    }

    /// Times are measured in microseconds here; the kernel wants whole seconds for `cpu`.
    static func units(of resource: Resource) -> Units {
        switch resource {
        case .as, .core, .data, .fsize, .memlock, .msgqueue, .rss, .stack: .bytes
        case .cpu: .time.within(1_000_000...(366 * 86_400_000_000))
        case .rttime: .time
        case .nofile: .count.within(0...(1 << 30))
        case .nice: .count.within(0...40)
        case .rtprio: .count.within(0...99)
        case .locks, .nproc, .sigpending: .count
        }
    }
}

extension ResourceLimit: CustomStringConvertible {
    /// `SOFT:HARD`, or one value where both are equal.
    public var description: String { soft == hard ? text(soft) : "\(text(soft)):\(text(hard))" }

    private func text(_ limit: Limit<UInt64>) -> String {
        guard let amount = limit.amount else { return "unlimited" }
        return Self.units(of: resource).text(resource == .cpu ? amount * 1_000_000 : amount)
    }
}

extension ResourceLimit: KeyedItem {
    /// The name of the resource.
    public var identity: String { resource.rawValue }
}
