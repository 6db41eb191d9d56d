import Glibc
import Launch
import LinuxKernel
import Networking
import Profiles

/// Something that happened to a network or a jail in it.
public struct NetworkEvent: Equatable, Sendable {
    /// The jail; empty for the host's network itself.
    public let jail: String
    /// `network.refused.smtp`, `network.transfer.80`, `network.transfer.100`, `network.transfer.period`, `network.restored`.
    public let kind: String
    /// What happened, in words.
    public let text: String
    /// How often since the last look.
    public let count: UInt64
}

/// Looks after networks while jails run: one ``next(now:)`` every few seconds, by whoever stays (a supervisor, or
/// `bailey network watch`).
///
/// It puts back tables that somebody removed, tells of refusals, begins new periods of allowances and tells when 80 and
/// 100 of a hundred are used. What was told of an allowance is written down with the jail, so that a watcher that comes
/// later neither repeats nor misses it.
public struct NetworkRounds {
    private let engine: Engine
    private var refused: [String: [String: UInt64]] = [:]
    private var isFirst = true

    /// Watches the networks of an installation, in the caller's network namespace.
    public init(_ engine: Engine) { self.engine = engine }

    /// Looks once.
    ///
    /// `now`: Seconds since 1970.
    public mutating func next(
        now: Int64 = Events.now(CLOCK_REALTIME) / 1_000_000_000
    ) throws(EngineError) -> [NetworkEvent] {
        var events: [NetworkEvent] = []
        if try engine.restoreNetwork() {
            events.append(
                NetworkEvent(jail: "", kind: "network.restored", text: "tables that were missing are back", count: 1)
            )
        }
        let listing = JailListing(engine)
        let records = listing.names().compactMap { try? listing.running($0) }.filter {
            !$0.plan.network.network.isEmpty
        }
        guard !records.isEmpty else { return events }
        let readings = FirewallReadings(engine.networks.host.firewall)
        for record in records {
            events += refusals(record, readings)
            events += try transfer(record, readings, now)
        }
        isFirst = false
        return events
    }

    /// What was refused before the first look was told by an earlier watcher, or never: it is in the counters.
    private mutating func refusals(_ record: JailRecord, _ readings: FirewallReadings) -> [NetworkEvent] {
        let steps = record.plan.network
        var link = ""
        if case .pair(let pair) = steps.link { link = pair.host }
        let counts = readings.refusals(of: steps.addresses, link: link)
        let before = refused[record.name] ?? [:]
        refused[record.name] = Dictionary(counts.map { ($0.kind, $0.packets) }) { $1 }
        guard !isFirst else { return [] }
        return counts.compactMap { kind, packets in
            let old = before[kind] ?? 0
            // Counters of a jail that was started again begin at zero.
            let new = packets >= old ? packets - old : packets
            guard new > 0 else { return nil }
            return NetworkEvent(
                jail: record.name,
                kind: "network.refused.\(kind)",
                text: "\(new) packet\(new == 1 ? "" : "s") refused: \(RefusalKind.text(kind))",
                count: new
            )
        }
    }

    private func transfer(
        _ record: JailRecord,
        _ readings: FirewallReadings,
        _ now: Int64
    ) throws(EngineError) -> [NetworkEvent] {
        guard let step = record.plan.network.finish.transfer,
            let period = TransferAllowance.Period(rawValue: step.period)
        else { return [] }
        let outside = readings.traffic(of: record.plan.network.addresses).filter { $0.set.hasSuffix("_outside") }
        let total = outside.reduce(0) { $0 + $1.bytes }
        let notes = TransferPeriod(note: step.note)
        let key = TransferPeriod.key(period, seconds: now)
        var note = notes.read() ?? TransferPeriod.Note(key: key, base: total)
        var events: [NetworkEvent] = []
        let table = engine.networks.host.firewall.internet
        if note.key != key {
            // The kernel first: a watcher that dies between both does it again.
            try attempting("beginning the period of \(record.name)'s allowance") { () throws(SyscallError) in
                _ = try NetlinkSocket(.netfilter).list(table.resetQuota(step.object))
                note = TransferPeriod.Note(key: key, base: total)
                try notes.write(note)
            }
            events.append(event(record, "period", "a new \(period.rawValue) of its allowance has begun"))
        }
        // What the allowance itself has counted: it includes the packet that no longer passed, and so reaches the end.
        let counted = (try? NetlinkSocket(.netfilter).list(table.getQuota(step.object))).flatMap(Table.counted)
        let used = max(total - min(note.base, total), counted ?? 0)
        for share in [80, 100] where note.warned < share && Self.isReached(share, used, of: step.bytes) {
            note.warned = share
            events.append(event(record, "\(share)", "\(share) % of this \(period.rawValue)'s allowance is used"))
        }
        if !events.isEmpty {
            try attempting("noting the allowance of \(record.name)") { () throws(SyscallError) in try notes.write(note)
            }
        }
        return events
    }

    /// Whether so many of a hundred are used; without overflow for any number of bytes.
    static func isReached(_ share: Int, _ used: UInt64, of bytes: UInt64) -> Bool {
        let limit = bytes.multipliedFullWidth(by: UInt64(share))
        let hundredfold = used.multipliedFullWidth(by: 100)
        return (hundredfold.high, hundredfold.low) >= (limit.high, limit.low)
    }

    private func event(_ record: JailRecord, _ kind: String, _ text: String) -> NetworkEvent {
        NetworkEvent(jail: record.name, kind: "network.transfer.\(kind)", text: text, count: 1)
    }
}

/// Words for the names under which refusals are counted.
public enum RefusalKind {
    /// What a name means.
    public static func text(_ kind: String) -> String {
        switch kind {
        case "tenant": "to a jail of another tenant"
        case "host": "to a service of the host"
        case "smtp": "mail to a host that is no relay"
        case "connections": "more connections than it may have"
        case "egress": "its egress rules"
        case "ingress": "its ingress rules"
        case "outside": "from outside to a port that is not published"
        case "transfer": "its allowance of traffic is used"
        case "spoof": "a false source"
        default: kind
        }
    }
}
