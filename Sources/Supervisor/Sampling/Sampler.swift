import Cgroups
import ControlAPI
import Engine
import GRDB
import LinuxKernel

/// A limit that was hit, so many times.
struct FaultHit: Sendable {
    let jail: String
    let tenant: String
    let kind: String
    let count: UInt64
}

/// Reads what each running jail uses, every five seconds, and keeps the account of its tenant.
///
/// A jail whose processor time has not moved since the last look has done nothing: then one small file is read of it and
/// no more, so a thousand idle jails cost next to nothing.
actor Sampler {
    /// One running jail.
    private struct Meter {
        let tenant: String
        /// Tells a run from the next one, whose counters begin at zero.
        let epoch: String
        let group: ControlGroup
        let traffic: TrafficSource?
        var usageText = ""
        var rounds = 0
        var last: Int64
        var figures: Figures
    }

    /// What is counted of one jail in one hour, not yet written down.
    private struct Entry: Hashable {
        let hour: Int64
        let tenant: String
        let jail: String
        let name: String
    }

    private let engine: Engine
    private let store: Store
    private var meters: [String: Meter] = [:]
    private var pending: [Entry: UInt64] = [:]
    /// Counters as they were last, by jail and name, with the run they belong to.
    private var counters: [String: [String: (epoch: String, value: UInt64)]] = [:]
    private var changed: Set<String> = []
    private var rounds = 0

    init(_ engine: Engine, _ store: Store) {
        (self.engine, self.store) = (engine, store)
    }

    /// Reads the counters that an earlier supervisor wrote down, so that nothing is counted twice.
    func load() throws {
        let rows = try store.read("reading counters") { database in
            try Row.fetchAll(database, sql: "SELECT jail, name, epoch, value FROM counter").map {
                row -> (String, String, String, Int64) in
                (row["jail"], row["name"], row["epoch"], row["value"])
            }
        }
        for (jail, name, epoch, value) in rows { counters[jail, default: [:]][name] = (epoch, UInt64(clamping: value)) }
    }

    /// A jail runs from now on, or was found running.
    func follow(_ jail: String, tenant: String) {
        guard let record = try? JailListing(engine).running(jail) else { return }
        var meter = Meter(
            tenant: tenant,
            epoch: "\(record.plan.finish.run)",
            group: record.group,
            traffic: TrafficSource(record),
            last: Events.now(),
            figures: Figures(name: jail, tenant: tenant)
        )
        // Shown at once; counted at the next look.
        let now = CgroupStatistics.read(meter.group)
        meter.figures.memoryBytes = now.memory.current ?? 0
        meter.figures.pids = now.pids.current ?? 0
        meters[jail] = meter
    }

    /// As ``follow(_:tenant:)``, of one that is not followed yet, or in an earlier run.
    func followIfNew(_ jail: String, tenant: String) {
        guard let meter = meters[jail] else { return follow(jail, tenant: tenant) }
        let isThere = meter.group.directory(for: .pids).map { Files.exists($0.path) } ?? false
        if !isThere || (meter.rounds > 0 && meter.usageText.isEmpty) { follow(jail, tenant: tenant) }
    }

    /// A jail has ended: what it used since the last look is in what its launcher kept.
    ///
    /// - Returns: Limits that were hit since the last look.
    func ended(_ jail: String, tenant: String) -> [FaultHit] {
        meters[jail] = nil
        guard let (run, statistics) = engine.lastCounters(of: jail) else { return [] }
        var hits = Self.counted(statistics).compactMap { name, value in
            count(jail, tenant, name, value, "\(run)")
        }
        if let traffic = engine.lastTraffic(of: jail) { hits += count(jail, tenant, traffic, "") }
        try? flush(jail)
        return hits
    }

    private static var hour: Int64 { Events.now(realTimeClock) / 3_600_000_000_000 }

    /// Enters a counter as it is now; says so where it is one of limits and has grown.
    private func count(_ jail: String, _ tenant: String, _ name: String, _ value: UInt64, _ epoch: String) -> FaultHit?
    {
        let delta = delta(jail, name, value, epoch)
        guard delta > 0 else { return nil }
        pending[Entry(hour: Self.hour, tenant: tenant, jail: jail, name: name), default: 0] += delta
        return Self.faultName(name).map { FaultHit(jail: jail, tenant: tenant, kind: $0, count: delta) }
    }

    /// Traffic goes on over all runs of a jail, what was refused begins anew with each.
    private func count(_ jail: String, _ tenant: String, _ traffic: TrafficTotals, _ run: String) -> [FaultHit] {
        _ = count(jail, tenant, "received", traffic.received, "all")
        _ = count(jail, tenant, "sent", traffic.sent, "all")
        return traffic.refused.compactMap { count(jail, tenant, "fault:network.\($0.key)", $0.value, run) }
    }

    /// Enters what each jail keeps on disk, as KiB times the seconds since the last look: a minute.
    private func sampleDisk() {
        let hour = Self.hour
        for (jail, meter) in meters {
            guard let bytes = engine.countedDiskUse(of: jail) else { continue }
            pending[Entry(hour: hour, tenant: meter.tenant, jail: jail, name: "disk"), default: 0] += bytes / 1024 * 60
        }
    }

    /// Looks at the firewall's counters, once for all jails.
    private func sampleTraffic() -> [FaultHit] {
        TrafficSource.totals(meters.compactMapValues(\.traffic), engine).flatMap { jail, totals -> [FaultHit] in
            guard let meter = meters[jail] else { return [] }
            return count(jail, meter.tenant, totals, meter.epoch)
        }
    }

    /// A jail was taken away.
    func leave(_ jail: String) {
        meters[jail] = nil
        counters[jail] = nil
    }

    /// What jails use now.
    func figures() -> [Figures] { meters.values.map(\.figures).sorted { $0.name < $1.name } }

    /// Looks at every jail once.
    ///
    /// - Returns: Limits that were hit since the last look.
    func sample() -> [FaultHit] {
        var hits: [FaultHit] = []
        let hour = Self.hour
        rounds += 1
        if rounds % 12 == 0 {
            hits += sampleTraffic()
            sampleDisk()
        }
        for (jail, var meter) in meters {
            let now = Events.now()
            let elapsed = Double(now - meter.last) / 1e9
            meter.last = now
            let text = Self.usageText(meter.group)
            let idle = text == meter.usageText && meter.rounds % 12 != 0
            meter.usageText = text
            meter.rounds += 1
            if idle {
                (meter.figures.cpuPercent, meter.figures.readPerSecond, meter.figures.writePerSecond) = (0, 0, 0)
            } else {
                hits += read(jail, &meter, hour, elapsed)
            }
            let memory = Double(meter.figures.memoryBytes) / 1024 * elapsed
            if memory > 0 {
                pending[Entry(hour: hour, tenant: meter.tenant, jail: jail, name: "memory"), default: 0] += UInt64(
                    memory
                )
            }
            meters[jail] = meter
        }
        return hits
    }

    private func read(
        _ jail: String,
        _ meter: inout Meter,
        _ hour: Int64,
        _ elapsed: Double
    ) -> [FaultHit] {
        let now = CgroupStatistics.read(meter.group)
        var hits: [FaultHit] = []
        for (name, value) in Self.counted(now) {
            let delta = delta(jail, name, value, meter.epoch)
            if delta > 0 {
                pending[Entry(hour: hour, tenant: meter.tenant, jail: jail, name: name), default: 0] += delta
            }
            if name == "cpu" { meter.figures.cpuPercent = elapsed > 0 ? Double(delta) / elapsed / 10_000 : 0 }
            if name == "read" { meter.figures.readPerSecond = elapsed > 0 ? Double(delta) / elapsed : 0 }
            if name == "write" { meter.figures.writePerSecond = elapsed > 0 ? Double(delta) / elapsed : 0 }
            guard let kind = Self.faultName(name) else { continue }
            meter.figures.faults[kind, default: 0] += delta
            if delta > 0 { hits.append(FaultHit(jail: jail, tenant: meter.tenant, kind: kind, count: delta)) }
        }
        meter.figures.memoryBytes = now.memory.current ?? 0
        meter.figures.pids = now.pids.current ?? 0
        return hits
    }

    /// What has been added since the counter was last seen; one of another run began at zero.
    private func delta(_ jail: String, _ name: String, _ value: UInt64, _ epoch: String) -> UInt64 {
        let before = counters[jail]?[name]
        if let before, before.epoch == epoch, before.value == value { return 0 }
        counters[jail, default: [:]][name] = (epoch, value)
        changed.insert(jail)
        guard let before, before.epoch == epoch, value >= before.value else { return value }
        return value - before.value
    }

    private static func usageText(_ group: ControlGroup) -> String {
        guard let directory = group.directory(for: .cpuacct) else { return "" }
        let file = directory.version == .v1 ? "cpuacct.usage" : "cpu.stat"
        return (try? Files.readText("\(directory.path)/\(file)")) ?? ""
    }

    /// Counters in their own units: microseconds, bytes, times.
    private static func counted(_ statistics: CgroupStatistics) -> [(String, UInt64)] {
        let all: [(String, UInt64?)] = [
            ("cpu", statistics.cpu.usage.map { $0 / 1000 }), ("read", statistics.io.readBytes),
            ("write", statistics.io.writeBytes), ("fault:cpu.throttled", statistics.cpu.throttled.map { $0 / 1000 }),
            ("fault:memory.high", statistics.memory.highEvents), ("fault:memory.max", statistics.memory.maxEvents),
            ("fault:oom.kill", statistics.memory.oomKills), ("fault:pids.max", statistics.pids.maxEvents),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    private static func faultName(_ name: String) -> String? {
        name.hasPrefix("fault:") ? String(name.dropFirst(6)) : nil
    }

    /// Writes down what has gathered, of one jail or of all.
    func flush(_ jail: String? = nil) throws {
        let entries = pending.filter { jail == nil || $0.key.jail == jail }
        let changed = changed.filter { jail == nil || $0 == jail }
        guard !entries.isEmpty else { return }
        let values = changed.map { ($0, counters[$0] ?? [:]) }
        try store.write("writing down what was used") { database in
            for (entry, value) in entries {
                try database.execute(
                    sql: """
                        INSERT INTO usage (hour, tenant, jail, name, value) VALUES (?, ?, ?, ?, ?)
                        ON CONFLICT (hour, tenant, jail, name) DO UPDATE SET value = value + excluded.value
                        """,
                    arguments: [entry.hour, entry.tenant, entry.jail, entry.name, Int64(clamping: value)]
                )
            }
            for (jail, counters) in values {
                for (name, counter) in counters {
                    try database.execute(
                        sql: """
                            INSERT INTO counter (jail, name, epoch, value) VALUES (?, ?, ?, ?)
                            ON CONFLICT (jail, name) DO UPDATE SET epoch = excluded.epoch, value = excluded.value
                            """,
                        arguments: [jail, name, counter.epoch, Int64(clamping: counter.value)]
                    )
                }
            }
        }
        // In one transaction with the counters: what is written is never counted again.
        for entry in entries.keys { pending[entry] = nil }
        self.changed.subtract(changed)
    }

    /// What a jail or tenant has used.
    ///
    /// `hours` are hours since 1970; nil for all that is kept.
    func usage(tenant: String?, jail: String?, hours: Range<Int64>?) throws -> [String: UInt64] {
        _ = sampleTraffic()
        try flush()
        let (from, to) = (hours?.lowerBound ?? 0, hours?.upperBound ?? Int64.max)
        return try store.read("reading what was used") { database in
            var sums: [String: UInt64] = [:]
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT name, sum(value) AS total FROM usage
                    WHERE hour >= ? AND hour < ? AND (? IS NULL OR tenant = ?) AND (? IS NULL OR jail = ?) GROUP BY name
                    """,
                arguments: [from, to, tenant, tenant, jail, jail]
            )
            for row in rows { sums[row["name"]] = UInt64(clamping: row["total"] as Int64) }
            return sums
        }
    }
}
