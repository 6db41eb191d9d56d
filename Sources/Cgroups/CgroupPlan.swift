/// One write into a control file.
public struct CgroupWrite: Equatable, Sendable {
    /// The file's name in the cgroup's directory.
    public var file: String
    /// What one write(2) gives it.
    public var value: String
    /// The limit it serves; nil for what every group needs.
    public var knob: Knob?
    /// The limit was asked for as best effort: when the write fails, that is a warning and not an error.
    public var optional: Bool

    /// Makes a write.
    public init(_ file: String, _ value: String, knob: Knob? = nil, optional: Bool = false) {
        self.file = file
        self.value = value
        self.knob = knob
        self.optional = optional
    }
}

/// One cgroup in one hierarchy, with what is written into it before a process joins.
public struct CgroupDirectory: Equatable, Sendable {
    /// Which interface its files have.
    public var version: CgroupVersion
    /// What it is joined for; on v2 also what the core does.
    public var controllers: [Controller]
    /// The mount point (v1) or delegated cgroup (v2) above it, which Bailey neither makes nor removes.
    public var root: String
    /// The path from `root`, such as `bailey/acme/web1`.
    public var name: String
    /// In the order the kernel demands.
    public var writes: [CgroupWrite]
    /// Files that must not stay empty, here and in all parents: each takes the value of its parent (v1 cpuset).
    public var inherited: [String]
    /// For a parent that had to be made; a parent that exists is left alone.
    public var parentWrites: [CgroupWrite]

    /// Makes a directory by hand.
    public init(
        version: CgroupVersion,
        controllers: [Controller],
        root: String,
        name: String,
        writes: [CgroupWrite] = [],
        inherited: [String] = [],
        parentWrites: [CgroupWrite] = []
    ) {
        self.version = version
        self.controllers = controllers
        self.root = root
        self.name = name
        self.writes = writes
        self.inherited = inherited
        self.parentWrites = parentWrites
    }

    /// The absolute path.
    public var path: String { "\(root)/\(name)" }

    /// The file that takes a process.
    public var procs: String { "\(path)/cgroup.procs" }

    /// The groups between `root` and this one, topmost first.
    public var parents: [String] {
        var path = root
        return name.split(separator: "/").dropLast().map { component in
            path += "/" + component
            return path
        }
    }
}

/// A write to `cgroup.subtree_control` that makes controllers available one level below (v2).
public struct ControllerEnabling: Equatable, Sendable {
    /// The absolute path of the file.
    public var file: String
    /// What must be on.
    public var controllers: [Controller]

    /// What is written: `+cpu +memory`.
    public var value: String { controllers.map { "+" + $0.rawValue }.joined(separator: " ") }
}

/// Decided steps that make one group with all its limits.
public struct CgroupPlan: Equatable, Sendable {
    /// The delegated cgroup holds processes and must be emptied first: from, to (absolute paths).
    public var vacate: Vacation?
    /// v2 controllers to enable, topmost first.
    public var enable: [ControllerEnabling]
    /// One per hierarchy.
    public var directories: [CgroupDirectory]
    /// A `BPF_PROG_TYPE_CGROUP_DEVICE` program for the v2 directory, eight bytes an instruction.
    ///
    /// It is nil when v1 limits devices or nothing does. The caller attaches it, with `BPF_F_ALLOW_MULTI`.
    public var deviceProgram: [UInt8]?
    /// Limits asked for as best effort that this host does not enforce.
    public var warnings: [CgroupFinding]
    /// Limits that are set but bind less than one might think.
    public var notes: [CgroupFinding]

    /// The group that the plan makes.
    public var group: ControlGroup { ControlGroup(directories: directories) }

    /// A move of processes out of an inner node.
    public struct Vacation: Equatable, Sendable {
        /// The cgroup that must hold no process.
        public var from: String
        /// The leaf that takes them.
        public var to: String
    }
}

extension CgroupPlan: CustomStringConvertible {
    /// The plan as text, one step a line; golden tests and `bailey explain` show it.
    public var description: String {
        var lines: [String] = []
        if let vacate { lines.append("move \(vacate.from) -> \(vacate.to)") }
        lines += enable.map { "enable \($0.file) \($0.value)" }
        lines += directories.flatMap(Self.describe)
        if let deviceProgram { lines.append("device program, \(deviceProgram.count / 8) instructions") }
        lines += warnings.map { "warning \($0)" }
        lines += notes.map { "note \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func describe(_ directory: CgroupDirectory) -> [String] {
        let names = directory.controllers.map(\.rawValue).joined(separator: ",")
        let setup = directory.parentWrites.map { " parent:\($0.file)=\($0.value)" }.joined()
        let lines = directory.writes.map { write in
            "  \(write.file) = \(write.value)"
                + (write.knob.map { "  # \($0.rawValue)" } ?? "") + (write.optional ? " (best effort)" : "")
        }
        return ["make \(directory.path) \(directory.version) \(names)\(setup)"] + lines
            + directory.inherited.map { "  \($0) from parent if empty" }
    }
}
