import Cgroups
import Planning
import Profiles

/// What `explain` knows of a jail: every effective value with its origin, and every cgroup write with its limit.
///
/// Kept beside the plan as lines of tab-separated fields, so that a running jail is explained from what it was started
/// with and not from files that may have changed since.
public struct Explanation: Sendable {
    /// One effective value.
    public struct Value: Equatable, Sendable {
        /// The key.
        public let keyPath: String
        /// Its value as text.
        public let text: String
        /// Who said it.
        public let origin: String
    }

    /// One cgroup write.
    public struct Write: Equatable, Sendable {
        /// The limit's key.
        public let keyPath: String
        /// The cgroup's directory.
        public let directory: String
        /// The file in it.
        public let file: String
        /// What was written.
        public let value: String
    }

    /// Effective values in the order of the reference.
    public private(set) var values: [Value] = []
    /// Cgroup writes in their order.
    public private(set) var writes: [Write] = []
    /// What keys became that are no cgroup writes, by key.
    public private(set) var knobs: [String: String] = [:]
    /// What this host does not enforce although it was asked to.
    public private(set) var warnings: [String] = []

    /// From a spec and its plan.
    init(spec: JailSpec, planned: PlannedJail, facts: HostFacts) {
        self.init(spec: spec, cgroups: planned.cgroups, warnings: planned.warnings, disk: DiskPlan(spec, facts))
    }

    /// From a spec, the cgroups planned for it, and what holds its disk limits.
    public init(spec: JailSpec, cgroups: CgroupPlan, warnings: [Finding], disk: DiskPlan) {
        if let binding = disk.binding {
            for key in ["space", "inodes"] { knobs["resources.disk.\(key)"] = binding.rawValue }
        }
        values = spec.rows.map { Value(keyPath: $0.keyPath, text: $0.valueText, origin: $0.origin.description) }
        for directory in cgroups.directories {
            for write in directory.writes {
                guard let knob = write.knob else { continue }
                writes.append(
                    Write(keyPath: knob.rawValue, directory: directory.path, file: write.file, value: write.value)
                )
            }
        }
        self.warnings = warnings.map(\.description)
    }

    /// From the kept lines; lines of an unknown kind are passed over.
    public init(text: String) {
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            switch (fields.first, fields.count) {
            case ("value", 4): values.append(Value(keyPath: fields[1], text: fields[2], origin: fields[3]))
            case ("cgroup", 5):
                writes.append(Write(keyPath: fields[1], directory: fields[2], file: fields[3], value: fields[4]))
            case ("knob", 3): knobs[fields[1]] = fields[2]
            case ("warning", 2): warnings.append(fields[1])
            default: continue
            }
        }
    }

    /// The lines.
    public var text: String {
        var text = ""
        for value in values { text += Self.line("value", value.keyPath, value.text, value.origin) }
        for write in writes { text += Self.line("cgroup", write.keyPath, write.directory, write.file, write.value) }
        for (key, knob) in knobs.sorted(by: { $0.key < $1.key }) { text += Self.line("knob", key, knob) }
        for warning in warnings { text += Self.line("warning", warning) }
        return text
    }

    /// A tab or a line end in a value would begin a new field or line: both become blanks.
    private static func line(_ fields: String...) -> String {
        var bytes: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "\t")) }
            for byte in field.utf8 { bytes.append(byte == 9 || byte == 10 ? 32 : byte) }
        }
        bytes.append(UInt8(ascii: "\n"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Engine {
    /// Explains a spec without starting it: limits are planned for this host, nothing is claimed or made.
    ///
    /// - Throws: ``EngineError/invalid(_:)`` with everything that would keep it from starting.
    public func explain(_ spec: JailSpec, findings: [Finding]) throws(EngineError) -> Explanation {
        let facts = try HostFacts.gather(layout, needsDisk: true, diskLimit: spec.diskLimit)
        let planner = JailPlanner(facts)
        do throws(PlanningFailure) {
            let name = spec.name?.value ?? "NAME"
            let group = "\(layout.cgroupRoot)/\(spec.tenant?.value ?? "default")/\(name)"
            let (cgroups, warnings) = try planner.resources(spec, cgroup: group)
            return Explanation(
                spec: spec,
                cgroups: cgroups,
                warnings: findings + warnings,
                disk: DiskPlan(spec, facts)
            )
        } catch {
            throw .invalid(findings + error.findings)
        }
    }
}
