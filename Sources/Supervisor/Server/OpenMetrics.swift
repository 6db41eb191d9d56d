import ControlAPI

/// Figures in the OpenMetrics text format 1.0, for Prometheus and whatever reads the same.
///
/// https://prometheus.io/docs/specs/om/open_metrics_spec/
enum OpenMetrics {
    static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    struct Family {
        let name: String
        let type: String
        let help: String
        /// Labels and value; a counter's samples get `_total`.
        var samples: [(labels: [(String, String)], value: String)] = []
    }

    static func text(_ families: [Family]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            text += "# TYPE \(family.name) \(family.type)\n# HELP \(family.name) \(escaped(family.help))\n"
            let suffix = family.type == "counter" ? "_total" : ""
            for sample in family.samples {
                let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
                text += family.name + suffix + (labels.isEmpty ? "" : "{\(labels)}") + " \(sample.value)\n"
            }
        }
        return text + "# EOF\n"
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}

extension Supervisor {
    func metrics() async -> String {
        var jailsByState = OpenMetrics.Family(name: "bailey_jails", type: "gauge", help: "Jails by state.")
        var counts: [String: Int] = [:]
        var restarts = OpenMetrics.Family(
            name: "bailey_jail_restarts",
            type: "counter",
            help: "Times that a jail was started again by itself."
        )
        for summary in await summaries({ _ in true }) {
            counts[summary.state, default: 0] += 1
            restarts.samples.append(
                ([("jail", summary.name), ("tenant", summary.tenant)], "\(summary.restarts)")
            )
        }
        for (state, count) in counts.sorted(by: { $0.key < $1.key }) {
            jailsByState.samples.append(([("state", state)], "\(count)"))
        }
        var cpu = OpenMetrics.Family(
            name: "bailey_jail_cpu_ratio",
            type: "gauge",
            help: "Processor time over the last interval, in CPUs."
        )
        var memory = OpenMetrics.Family(
            name: "bailey_jail_memory_bytes",
            type: "gauge",
            help: "Memory in use, with page cache."
        )
        var faults = OpenMetrics.Family(
            name: "bailey_jail_faults",
            type: "counter",
            help: "Limits that were hit, by kind."
        )
        for figures in await sampler.figures() {
            let labels = [("jail", figures.name), ("tenant", figures.tenant)]
            cpu.samples.append((labels, "\(figures.cpuPercent / 100)"))
            memory.samples.append((labels, "\(figures.memoryBytes)"))
            for (kind, count) in figures.faults.sorted(by: { $0.key < $1.key }) {
                faults.samples.append((labels + [("kind", kind)], "\(count)"))
            }
        }
        var capacity = OpenMetrics.Family(
            name: "bailey_capacity",
            type: "gauge",
            help: "What can be promised, by resource and part."
        )
        for row in self.capacity().rows {
            for (part, value) in [("total", row.total), ("reserve", row.reserve), ("promised", row.promised)] {
                capacity.samples.append(([("resource", row.resource), ("part", part)], "\(value)"))
            }
        }
        return OpenMetrics.text([jailsByState, restarts, cpu, memory, faults, capacity])
    }
}
