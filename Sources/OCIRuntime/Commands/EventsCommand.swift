import Cgroups
import Glibc
import JSONText
import LinuxKernel

/// `events`: statistics as runc prints them, one JSON object a line.
struct EventsCommand {
    let runtime: Runtime

    init(_ runtime: Runtime) {
        self.runtime = runtime
    }

    func run(_ words: ArraySlice<String>) throws(RuntimeError) -> Int32 {
        let arguments = try Arguments(words, [.flag("stats"), .value("interval")], command: "events")
        let id = try arguments.identifier("events")
        let interval = try milliseconds(arguments.value("interval") ?? "5s")
        let container = try runtime.store.load(id)
        guard container.status != .stopped else {
            throw RuntimeError("events of container \(id): container with id \(id) is not running")
        }
        if arguments.has("stats") {
            print(container)
            return 0
        }
        var kills = Statistics(container).kills
        while true {
            print(container)
            let deadline = Events.now() + interval * 1_000_000
            while Events.now() < deadline {
                Events.sleep(milliseconds: min(interval, 100))
                let now = Statistics(container).kills
                if now > kills {
                    kills = now
                    Output.print(JSONValue.object([("type", .string("oom")), ("id", .string(id))]).text())
                }
                if !container.isAlive { return 0 }
            }
        }
    }

    private func print(_ container: Container) {
        let event = JSONValue.object([
            ("type", .string("stats")), ("id", .string(container.record.id)), ("data", Statistics(container).json),
        ])
        Output.print(event.text())
    }

    private func milliseconds(_ text: String) throws(RuntimeError) -> Int64 {
        let units: [(suffix: String, factor: Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)]
        for unit in units where text.hasSuffix(unit.suffix) {
            if let number = Int64(text.dropLast(unit.suffix.count)), number > 0 { return number * unit.factor }
        }
        throw RuntimeError("events: --interval \(text): write it as 5s or 100ms")
    }
}

/// The figures of a container's groups.
private struct Statistics {
    private let group: ControlGroup
    private let figures: CgroupStatistics

    init(_ container: Container) {
        group = container.group
        figures = CgroupStatistics.read(group)
    }

    var kills: UInt64 { figures.memory.oomKills ?? 0 }

    private func number(_ value: UInt64?) -> JSONValue { .unsigned(value ?? 0) }

    private func text(_ controller: Controller, _ file: String) -> String? {
        group.directory(for: controller).flatMap { CgroupControl.current($0.path + "/" + file) }
    }

    private func limit(_ controller: Controller, _ legacy: String, _ unified: String) -> JSONValue {
        let isLegacy = group.directory(for: controller)?.version == .v1
        return number(text(controller, isLegacy ? legacy : unified).flatMap { UInt64($0) })
    }

    var json: JSONValue {
        .object([
            ("cpu", cpu), ("cpuset", .object([])), ("memory", memory), ("pids", pids), ("blkio", blkio),
            ("hugetlb", hugetlb),
        ])
    }

    private var cpu: JSONValue {
        let perCPU = (text(.cpuacct, "cpuacct.usage_percpu") ?? "").split(separator: " ").compactMap { UInt64($0) }
        var usage: [(key: String, value: JSONValue)] = [("total", number(figures.cpu.usage))]
        if !perCPU.isEmpty { usage.append(("percpu", .array(perCPU.map { .unsigned($0) }))) }
        usage += [("kernel", number(figures.cpu.system)), ("user", number(figures.cpu.user))]
        return .object([
            ("usage", .object(usage)),
            (
                "throttling",
                .object([
                    ("periods", number(figures.cpu.periods)),
                    ("throttledPeriods", number(figures.cpu.throttledPeriods)),
                    ("throttledTime", number(figures.cpu.throttled)),
                ])
            ),
        ])
    }

    private var memory: JSONValue {
        let own = figures.memory
        let raw = (text(.memory, "memory.stat") ?? "").split(separator: "\n").compactMap {
            line -> (key: String, value: JSONValue)? in
            let words = line.split(separator: " ")
            guard words.count == 2, let value = UInt64(words[1]) else { return nil }
            return (String(words[0]), .unsigned(value))
        }
        let usage = JSONValue.object([
            ("limit", limit(.memory, "memory.limit_in_bytes", "memory.max")), ("usage", number(own.current)),
            ("max", number(own.peak)), ("failcnt", number(own.maxEvents)),
        ])
        let swap = JSONValue.object([
            ("limit", limit(.memory, "memory.memsw.limit_in_bytes", "memory.swap.max")),
            ("usage", number((own.current ?? 0) + (own.swap ?? 0))), ("failcnt", .unsigned(0)),
        ])
        return .object([
            ("cache", number(own.file)), ("usage", usage), ("swap", swap),
            ("kernel", .object([("usage", number(own.kernel)), ("failcnt", .unsigned(0))])), ("raw", .object(raw)),
        ])
    }

    private var pids: JSONValue {
        .object([("current", number(figures.pids.current)), ("limit", limit(.pids, "pids.max", "pids.max"))])
    }

    private var blkio: JSONValue {
        func rows(_ read: UInt64?, _ write: UInt64?) -> JSONValue {
            .array(
                [("Read", read), ("Write", write)].map { operation, value in
                    .object([
                        ("major", .unsigned(0)), ("minor", .unsigned(0)), ("op", .string(operation)),
                        ("value", number(value)),
                    ])
                }
            )
        }
        return .object([
            ("ioServiceBytesRecursive", rows(figures.io.readBytes, figures.io.writeBytes)),
            ("ioServicedRecursive", rows(figures.io.readOps, figures.io.writeOps)),
        ])
    }

    private var hugetlb: JSONValue {
        guard let directory = group.directory(for: .hugetlb), let files = try? Files.list(directory.path) else {
            return .object([])
        }
        let isLegacy = directory.version == .v1
        let suffix = isLegacy ? ".usage_in_bytes" : ".current"
        let sizes = files.filter { $0.hasPrefix("hugetlb.") && $0.hasSuffix(suffix) && !$0.contains(".rsvd.") }
            .map { String($0.dropFirst(8).dropLast(suffix.count)) }.sorted()
        return .object(
            sizes.map { size in
                let usage = text(.hugetlb, "hugetlb.\(size)\(suffix)").flatMap { UInt64($0) }
                return (size, .object([("usage", number(usage)), ("failcnt", .unsigned(0))]))
            }
        )
    }
}
