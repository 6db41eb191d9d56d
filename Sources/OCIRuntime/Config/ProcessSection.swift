import JSONText
import Launch
import LinuxKernel

/// `process`: what runs, as whom, and what it may do.
struct ProcessSection {
    var terminal: Bool
    var rows: UInt16
    var columns: UInt16
    var uid: UInt32
    var gid: UInt32
    var umask: UInt32?
    var additionalGids: [UInt32]
    var arguments: [String]
    var environment: [String]
    var directory: String
    var capabilities: CapabilitySection?
    var limits: [ResourceLimit]
    var noNewPrivileges: Bool
    var appArmorProfile: String
    var selinuxLabel: String
    var oomScore: Int32?
    var scheduling: SchedulingRequest?
    var inputOutput: InputOutputPriority?
    var initialProcessors: String
    var finalProcessors: String

    init(_ node: JSONNode) throws(JSONError) {
        terminal = try node.flag("terminal")
        let size = try node.member("consoleSize")
        rows = terminal ? try size?.required("height").integer() ?? 0 : 0
        columns = terminal ? try size?.required("width").integer() ?? 0 : 0
        let user = try node.member("user")
        uid = try user?.number("uid") ?? 0
        gid = try user?.number("gid") ?? 0
        umask = try user?.number("umask")
        additionalGids = try user?.list("additionalGids") { (node) throws(JSONError) in try node.integer() } ?? []
        arguments = try node.texts("args")
        environment = try node.texts("env")
        directory = try node.required("cwd").string()
        if !directory.hasPrefix("/") { throw try node.required("cwd").error("cwd must be an absolute path") }
        capabilities = try node.optional("capabilities") { (node) throws(JSONError) in try CapabilitySection(node) }
        limits = try ResourceLimitSection.limits(node)
        noNewPrivileges = try node.flag("noNewPrivileges")
        appArmorProfile = try node.text("apparmorProfile")
        selinuxLabel = try node.text("selinuxLabel")
        oomScore = try Self.oomScore(node)
        scheduling = try node.optional("scheduler") { (node) throws(JSONError) in try SchedulerSection.request(node) }
        inputOutput = try node.optional("ioPriority") { (node) throws(JSONError) in try Self.inputOutput(node) }
        let affinity = try node.member("execCPUAffinity")
        initialProcessors = try affinity?.text("initial") ?? ""
        finalProcessors = try affinity?.text("final") ?? ""
        try ProcessorList.check(affinity, ["initial", "final"])
    }

    private static func oomScore(_ node: JSONNode) throws(JSONError) -> Int32? {
        guard let score: Int32 = try node.number("oomScoreAdj") else { return nil }
        guard -1000...1000 ~= score else {
            throw try node.required("oomScoreAdj").error("\(score) is outside -1000…1000")
        }
        return score
    }

    private static func inputOutput(_ node: JSONNode) throws(JSONError) -> InputOutputPriority {
        let classes: [String: Int32] = ["IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3]
        let level: Int32 = try node.number("priority") ?? 0
        guard 0...7 ~= level else { throw try node.required("priority").error("\(level) is outside 0…7") }
        return InputOutputPriority(kind: try node.required("class").choice(classes), level: level)
    }
}

/// `process.capabilities`: five sets of names.
struct CapabilitySection {
    var sets: CapabilitySets
    /// Names that neither libcap nor the kernel know; the specification wants a warning and no failure.
    var unknown: [String]

    init(_ node: JSONNode) throws(JSONError) {
        var unknown: Set<String> = []
        func mask(_ key: String) throws(JSONError) -> UInt64 {
            var mask: UInt64 = 0
            for name in try node.texts(key) {
                if let number = Capabilities.number(name), number < 64 {
                    mask |= 1 << UInt64(number)
                } else {
                    unknown.insert(name)
                }
            }
            return mask
        }
        sets = CapabilitySets(
            bounding: try mask("bounding"),
            effective: try mask("effective"),
            permitted: try mask("permitted"),
            inheritable: try mask("inheritable"),
            ambient: try mask("ambient")
        )
        self.unknown = unknown.sorted()
    }
}

/// `process.rlimits`.
enum ResourceLimitSection {
    static let numbers: [String: UInt32] = [
        "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
        "RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
        "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
    ]

    static func limits(_ node: JSONNode) throws(JSONError) -> [ResourceLimit] {
        var seen: Set<UInt32> = []
        return try node.list("rlimits") { (node) throws(JSONError) in
            let resource = try node.required("type").choice(numbers)
            if !seen.insert(resource).inserted { throw try node.required("type").error("it is there twice") }
            let soft: UInt64 = try node.required("soft").integer()
            let hard: UInt64 = try node.required("hard").integer()
            if soft > hard { throw try node.required("soft").error("\(soft) is above the hard limit of \(hard)") }
            return ResourceLimit(resource: resource, soft: soft, hard: hard)
        }
    }
}

/// `process.scheduler`.
enum SchedulerSection {
    static let policies: [String: UInt32] = [
        "SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_ISO": 4, "SCHED_IDLE": 5,
        "SCHED_DEADLINE": 6,
    ]
    static let flags: [String: UInt64] = [
        "SCHED_FLAG_RESET_ON_FORK": 0x01, "SCHED_FLAG_RECLAIM": 0x02, "SCHED_FLAG_DL_OVERRUN": 0x04,
        "SCHED_FLAG_KEEP_POLICY": 0x08, "SCHED_FLAG_KEEP_PARAMS": 0x10, "SCHED_FLAG_UTIL_CLAMP_MIN": 0x20,
        "SCHED_FLAG_UTIL_CLAMP_MAX": 0x40,
    ]

    static func request(_ node: JSONNode) throws(JSONError) -> SchedulingRequest {
        let nice: Int32 = try node.number("nice") ?? 0
        guard -20...19 ~= nice else { throw try node.required("nice").error("\(nice) is outside -20…19") }
        var bits: UInt64 = 0
        for flag in try node.list("flags", { (node) throws(JSONError) in try node.choice(flags) }) { bits |= flag }
        let priority: Int32 = try node.number("priority") ?? 0
        guard priority >= 0 else { throw try node.required("priority").error("it is negative") }
        return SchedulingRequest(
            policy: try node.required("policy").choice(policies),
            flags: bits,
            nice: nice,
            priority: UInt32(priority),
            runtime: try node.number("runtime") ?? 0,
            deadline: try node.number("deadline") ?? 0,
            period: try node.number("period") ?? 0
        )
    }
}

/// Lists of processors or memory nodes such as `0-3,7`.
enum ProcessorList {
    /// The numbers, nil when the text is no list.
    static func numbers(_ text: String, limit: Int) -> [Int]? {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = ends.first.flatMap({ Int($0) }), let last = ends.last.flatMap({ Int($0) }),
                first >= 0, first <= last, last < limit
            else { return nil }
            numbers += first...last
        }
        return numbers
    }

    /// One bit a number, lowest first.
    static func mask(_ text: String) -> [UInt8] {
        guard !text.isEmpty, let numbers = numbers(text, limit: 8192) else { return [] }
        var mask = [UInt8](repeating: 0, count: ((numbers.max() ?? 0) / 64 + 1) * 8)
        for number in numbers { mask[number / 8] |= 1 << UInt8(number % 8) }
        return mask
    }

    static func check(_ node: JSONNode?, _ keys: [String]) throws(JSONError) {
        for key in keys {
            guard let node = try node?.member(key) else { continue }
            let text = try node.string()
            if !text.isEmpty, numbers(text, limit: 8192) == nil {
                throw node.error("'\(text)' is no list of processors: write it as 0-3,7")
            }
        }
    }
}
