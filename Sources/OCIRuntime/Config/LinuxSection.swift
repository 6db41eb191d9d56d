import JSONText
import Launch
import LinuxKernel

/// `linux`: namespaces, devices, cgroups and the rest of what only Linux has.
struct LinuxSection {
    var namespaces: [(kind: NamespaceSet, path: String)] = []
    var users: [IdentityRange] = []
    var groups: [IdentityRange] = []
    var clocks: [ClockOffset] = []
    var devices: [DeviceSection] = []
    var interfaces: [MovedInterface] = []
    var cgroupsPath: String = ""
    var resources = ResourcesSection()
    var resourceControl: ResourceControlSection?
    var parameters: [(key: String, value: String)] = []
    var seccomp: JSONNode?
    var rootfsPropagation: UInt64?
    var maskedPaths: [String] = []
    var readonlyPaths: [String] = []
    var mountLabel: String = ""
    var persona: UInt?
    var memoryPolicy: MemoryPolicyRequest?

    static let namespaceKinds: [String: NamespaceSet] = [
        "pid": .pid, "network": .network, "mount": .mount, "ipc": .ipc, "uts": .uts, "user": .user,
        "cgroup": .cgroup, "time": .time,
    ]

    init() {}

    init(_ node: JSONNode) throws(JSONError) {
        namespaces = try Self.namespaces(node)
        users = try IdentitySection.ranges(node, "uidMappings")
        groups = try IdentitySection.ranges(node, "gidMappings")
        clocks = try Self.clocks(node)
        devices = try node.list("devices") { (node) throws(JSONError) in try DeviceSection(node) }
        interfaces = try Self.interfaces(node)
        cgroupsPath = try node.text("cgroupsPath")
        resources =
            try node.optional("resources") { (node) throws(JSONError) in try ResourcesSection(node) }
            ?? ResourcesSection()
        resourceControl = try node.optional("intelRdt") { (node) throws(JSONError) in
            try ResourceControlSection(node)
        }
        for (key, value) in try node.member("sysctl")?.members() ?? [] {
            parameters.append((key, try value.string()))
        }
        seccomp = try node.member("seccomp")
        rootfsPropagation = try Self.propagation(node)
        maskedPaths = try Self.paths(node, "maskedPaths")
        readonlyPaths = try Self.paths(node, "readonlyPaths")
        mountLabel = try node.text("mountLabel")
        persona = try Self.persona(node)
        memoryPolicy = try node.optional("memoryPolicy") { (node) throws(JSONError) in
            try MemoryPolicySection.request(node)
        }
    }

    private static func namespaces(_ node: JSONNode) throws(JSONError) -> [(kind: NamespaceSet, path: String)] {
        var seen: NamespaceSet = []
        return try node.list("namespaces") { (node) throws(JSONError) in
            let kind = try node.required("type").choice(namespaceKinds)
            if seen.contains(kind) { throw try node.required("type").error("it is there twice") }
            seen.insert(kind)
            let path = try node.text("path")
            if !path.isEmpty, !path.hasPrefix("/") {
                throw try node.required("path").error("'\(path)' is no absolute path")
            }
            return (kind, path)
        }
    }

    private static func clocks(_ node: JSONNode) throws(JSONError) -> [ClockOffset] {
        var clocks: [ClockOffset] = []
        for (clock, value) in try node.member("timeOffsets")?.members() ?? [] {
            guard clock == "monotonic" || clock == "boottime" else {
                throw value.error("the kernel has offsets for the clocks monotonic and boottime only")
            }
            let seconds: Int64 = try value.number("secs") ?? 0
            clocks.append(
                ClockOffset(clock: clock, seconds: seconds, nanoseconds: try value.number("nanosecs") ?? 0)
            )
        }
        return clocks
    }

    private static func interfaces(_ node: JSONNode) throws(JSONError) -> [MovedInterface] {
        var interfaces: [MovedInterface] = []
        for (name, value) in try node.member("netDevices")?.members() ?? [] {
            let renamed = try value.text("name")
            for text in [name, renamed] where !text.isEmpty {
                let isSound =
                    text.utf8.count < 16 && !text.contains("/") && text != "." && text != ".."
                    && !text.utf8.contains { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
                if !isSound { throw value.error("'\(text)' is no name of a network interface") }
            }
            interfaces.append(MovedInterface(name: name, renamed: renamed.isEmpty ? name : renamed))
        }
        return interfaces
    }

    private static func propagation(_ node: JSONNode) throws(JSONError) -> UInt64? {
        guard let text = try node.member("rootfsPropagation") else { return nil }
        if try text.string().isEmpty { return nil }
        let flags: [String: UInt64] = [
            "unbindable": 1 << 17, "private": 1 << 18, "slave": 1 << 19, "shared": 1 << 20,
            "runbindable": 1 << 17, "rprivate": 1 << 18, "rslave": 1 << 19, "rshared": 1 << 20,
        ]
        return try text.choice(flags)
    }

    private static func paths(_ node: JSONNode, _ key: String) throws(JSONError) -> [String] {
        try node.list(key) { (node) throws(JSONError) in
            let path = try node.string()
            guard path.hasPrefix("/") else { throw node.error("'\(path)' is no absolute path") }
            return path
        }
    }

    private static func persona(_ node: JSONNode) throws(JSONError) -> UInt? {
        guard let section = try node.member("personality") else { return nil }
        if let flag = try section.member("flags")?.elements().first { throw flag.error("no flag is supported") }
        return try section.required("domain").choice(["LINUX": 0, "LINUX32": 8])
    }
}

/// One entry of `linux.devices`.
struct DeviceSection {
    var path: String
    var type: UInt32
    var major: UInt32
    var minor: UInt32
    var mode: UInt32?
    var uid: UInt32
    var gid: UInt32

    init(_ node: JSONNode) throws(JSONError) {
        path = try node.required("path").string()
        // S_IFCHR, S_IFBLK, S_IFIFO
        type = try node.required("type").choice(["c": 0o020000, "u": 0o020000, "b": 0o060000, "p": 0o010000])
        let isPipe = type == 0o010000
        major = isPipe ? 0 : try Self.part(node, "major")
        minor = isPipe ? 0 : try Self.part(node, "minor")
        mode = try node.number("fileMode")
        uid = try node.number("uid") ?? 0
        gid = try node.number("gid") ?? 0
    }

    private static func part(_ node: JSONNode, _ key: String) throws(JSONError) -> UInt32 {
        let number: Int64 = try node.required(key).integer()
        guard let part = UInt32(exactly: number) else { throw try node.required(key).error("\(number) is no device") }
        return part
    }
}

/// `linux.memoryPolicy`.
enum MemoryPolicySection {
    static let modes: [String: Int32] = [
        "MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
        "MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6,
    ]
    static let flags: [String: Int32] = [
        "MPOL_F_NUMA_BALANCING": 1 << 13, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_STATIC_NODES": 1 << 15,
    ]

    static func request(_ node: JSONNode) throws(JSONError) -> MemoryPolicyRequest {
        let mode = try node.required("mode").choice(modes)
        var bits: Int32 = 0
        for flag in try node.list("flags", { (node) throws(JSONError) in try node.choice(flags) }) { bits |= flag }
        let text = try node.text("nodes")
        var words: [UInt64] = []
        if !text.isEmpty {
            guard let numbers = ProcessorList.numbers(text, limit: 1024) else {
                throw try node.required("nodes").error("'\(text)' is no list of memory nodes: write it as 0-3,7")
            }
            words = [UInt64](repeating: 0, count: (numbers.max() ?? 0) / 64 + 1)
            for number in numbers { words[number / 64] |= 1 << UInt64(number % 64) }
        }
        return MemoryPolicyRequest(mode: mode | bits, nodes: words)
    }
}

/// `linux.intelRdt`.
struct ResourceControlSection {
    var classID: String
    var schemata: [String]
    var monitors: Bool

    init(_ node: JSONNode) throws(JSONError) {
        classID = try node.text("closID")
        let cache = try node.text("l3CacheSchema")
        let bandwidth = try node.text("memBwSchema")
        schemata = [cache, bandwidth].filter { !$0.isEmpty } + (try node.texts("schemata"))
        var monitors = false
        for key in ["enableMonitoring", "enableCMT", "enableMBM"] where try node.flag(key) { monitors = true }
        self.monitors = monitors
        for line in schemata where line.contains("\n") { throw node.error("a schema must not hold a line break") }
        let isName = !classID.contains("/") && classID != "." && classID != ".."
        if !isName && classID != "/" { throw node.error("closID '\(classID)' is no name of a directory") }
    }
}
