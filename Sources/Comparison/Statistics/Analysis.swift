/// What the samples of a bundle say.
public struct Analysis: Sendable {
    /// What one row may be said to show.
    public enum Verdict: Equatable, Sendable {
        case slower
        case faster
        /// No larger difference than this part can be there unseen.
        case noDifference(upTo: Double)
        /// The row says why there is nothing to compare.
        case none

        /// As reports say it.
        public var text: String {
            switch self {
            case .slower: "slower"
            case .faster: "faster"
            case .noDifference(let bound): "no difference seen (±\(Decimal.text(bound * 100, places: 1)) %)"
            case .none: "-"
            }
        }
    }

    /// One workload of one subject against the native one.
    public struct Row: Equatable, Sendable {
        /// The workload's name.
        public let workload: String
        /// The subject's name.
        public let subject: String
        /// Nanoseconds an operation took, the median of all trials; nil when none succeeded.
        public let cost: Double?
        /// Median of the ratios to the native trial of the same round.
        public let ratio: Double?
        /// Interval of that median with 95 % confidence; nil for fewer than six rounds.
        public let interval: ClosedRange<Double>?
        /// How far two equal native subjects were apart here: no smaller difference is believed.
        public let floor: Double?
        /// What may be said.
        public let verdict: Verdict
        /// Nanoseconds of processor time that the whole host spent on an operation.
        public let hostCost: Double?
        /// Rounds that count.
        public let rounds: Int
        /// Trials far from the others.
        public let outliers: Int
        /// Why something is missing, or what is odd.
        public let note: String
    }

    /// All rows, workload by workload.
    public let rows: [Row]

    /// The subject that all others are compared with, and the one equal to it.
    public static let base = "native"
    /// The equal one.
    public static let twin = "native'"

    /// Looks at all samples of a bundle.
    public init(_ bundle: Bundle) {
        var rows: [Row] = []
        for workload in bundle.header.workloads {
            let samples = Dictionary(grouping: bundle.samples.filter { $0.workload == workload }, by: \.subject)
            let base = Self.byRound(samples[Self.base] ?? [])
            let floor = Self.floor(samples[Self.twin] ?? [], base)
            for subject in bundle.header.subjects {
                rows.append(
                    Self.row(workload, subject, samples[subject.name] ?? [], base, floor, bundle)
                )
            }
        }
        self.rows = rows
    }

    private static func byRound(_ samples: [Sample]) -> [Int: Sample] {
        Dictionary(samples.filter(\.succeeded).map { ($0.round, $0) }) { first, _ in first }
    }

    private static func ratios(_ samples: [Sample], _ base: [Int: Sample]) -> [Double] {
        samples.filter(\.succeeded).compactMap { sample in
            guard let cost = sample.cost, let native = base[sample.round]?.cost, native > 0 else { return nil }
            return cost / native
        }
    }

    /// The end of the twin's interval that is further from 1.
    private static func floor(_ twin: [Sample], _ base: [Int: Sample]) -> Double? {
        OrderStatistics.medianInterval(ratios(twin, base)).map { max(abs($0.lowerBound - 1), abs($0.upperBound - 1)) }
    }

    private static func row(
        _ workload: String,
        _ subject: Bundle.Subject,
        _ samples: [Sample],
        _ base: [Int: Sample],
        _ floor: Double?,
        _ bundle: Bundle
    ) -> Row {
        let good = samples.filter(\.succeeded)
        let costs = good.compactMap(\.cost)
        let ratios = ratios(samples, base)
        let interval = OrderStatistics.medianInterval(ratios)
        let work = good.reduce(0.0) { $0 + Double($1.operations) }
        let busy = good.reduce(0.0) { $0 + Double($1.hostNanoseconds) }
        var notes: [String] = []
        if let reason = subject.reason {
            notes.append(reason)
        } else if let failed = samples.first(where: { !$0.succeeded }) {
            notes.append(
                good.isEmpty ? failed.failure : "\(samples.count - good.count) trials failed: \(failed.failure)"
            )
        }
        if disagrees(good, base) { notes.append("its work came to another result than the native one") }
        let isOff = good.contains { $0.clockIsOff }
        if isOff { notes.append("its clock and the host's disagree") }
        let verdict = subject.name == base.values.first?.subject ? .none : verdict(interval, floor)
        if verdict == .faster, workload == "fsync" { notes.append("check that its fsync reaches the disk") }
        return Row(
            workload: workload,
            subject: subject.name,
            cost: OrderStatistics.median(costs),
            ratio: OrderStatistics.median(ratios),
            interval: interval,
            floor: floor,
            // Another result is other work: it is not compared, whatever time it took.
            verdict: disagrees(good, base) ? .none : verdict,
            hostCost: work > 0 && busy > 0 ? busy / work : nil,
            rounds: ratios.count,
            outliers: OrderStatistics.outliers(costs).count,
            note: notes.joined(separator: "; ")
        )
    }

    private static func disagrees(_ samples: [Sample], _ base: [Int: Sample]) -> Bool {
        guard let expected = base.values.first?.checksum else { return false }
        return samples.contains { $0.checksum != expected }
    }

    /// A difference counts when its interval does not hold 1 and it is larger than that of two equal subjects.
    static func verdict(_ interval: ClosedRange<Double>?, _ floor: Double?) -> Verdict {
        guard let interval else { return .none }
        let nearest = min(abs(interval.lowerBound - 1), abs(interval.upperBound - 1))
        if !interval.contains(1), let floor, nearest > floor { return interval.lowerBound > 1 ? .slower : .faster }
        let furthest = max(abs(interval.lowerBound - 1), abs(interval.upperBound - 1))
        return .noDifference(upTo: max(furthest, floor ?? 0))
    }
}
