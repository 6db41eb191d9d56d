import Cgroups
import JSONText

/// `linux.resources`, and the file that `update` reads.
struct ResourcesSection {
    var devices: [DeviceRule] = []
    /// The configuration has a list of device rules, be it empty.
    var hasDevices = false
    var memory = Memory()
    var cpu = CPU()
    var blockIO = BlockIO()
    var hugePages: [(pageSize: String, limit: UInt64)] = []
    var classID: UInt32?
    var priorities: [(name: String, priority: UInt32)] = []
    var pids: Int64?
    var rdma: [(device: String, handles: UInt32?, objects: UInt32?)] = []
    var unified: [(file: String, value: String)] = []

    struct Memory {
        var limit: Int64?
        var reservation: Int64?
        var swap: Int64?
        var kernel: Int64?
        var kernelTCP: Int64?
        var swappiness: UInt64?
        var disableOOMKiller: Bool?
        var useHierarchy: Bool?
        var checkBeforeUpdate: Bool?
    }

    struct CPU {
        var shares: UInt64?
        var quota: Int64?
        var burst: UInt64?
        var period: UInt64?
        var realtimeRuntime: Int64?
        var realtimePeriod: UInt64?
        var cpus: String?
        var mems: String?
        var idle: Int64?
    }

    struct BlockIO {
        var weight: UInt16?
        var leafWeight: UInt16?
        var weightDevices: [(device: String, weight: UInt16?, leafWeight: UInt16?)] = []
        var readBytes: [(device: String, rate: UInt64)] = []
        var writeBytes: [(device: String, rate: UInt64)] = []
        var readOperations: [(device: String, rate: UInt64)] = []
        var writeOperations: [(device: String, rate: UInt64)] = []
    }

    init() {}

    init(_ node: JSONNode) throws(JSONError) {
        hasDevices = try node.member("devices") != nil
        devices = try node.list("devices") { (node) throws(JSONError) in try Self.deviceRule(node) }
        try readMemory(node)
        try readCPU(node)
        try readBlockIO(node)
        hugePages = try node.list("hugepageLimits") { (node) throws(JSONError) in
            let size = try node.required("pageSize").string()
            guard Self.isPageSize(size) else { throw try node.required("pageSize").error("'\(size)' is no page size") }
            return (size, try node.required("limit").integer())
        }
        if let network = try node.member("network") {
            classID = try network.number("classID")
            priorities = try network.list("priorities") { (node) throws(JSONError) in
                (try node.required("name").string(), try node.required("priority").integer())
            }
        }
        pids = try node.member("pids")?.number("limit")
        for (device, value) in try node.member("rdma")?.members() ?? [] {
            rdma.append((device, try value.number("hcaHandles"), try value.number("hcaObjects")))
        }
        for (file, value) in try node.member("unified")?.members() ?? [] {
            guard Self.isFileName(file) else { throw value.error("'\(file)' is no name of a cgroup file") }
            unified.append((file, try value.string()))
        }
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.contains("/") && !name.hasPrefix(".") && name.contains(".")
    }

    private static func isPageSize(_ size: String) -> Bool {
        guard ["KB", "MB", "GB"].contains(String(size.suffix(2))), let count = UInt32(size.dropLast(2)) else {
            return false
        }
        return size == "\(count)\(size.suffix(2))"
    }

    private static func deviceRule(_ node: JSONNode) throws(JSONError) -> DeviceRule {
        let kinds: [String: DeviceRule.Kind] = ["a": .all, "c": .char, "b": .block, "u": .char, "": .all]
        func part(_ key: String) throws(JSONError) -> UInt32? {
            // -1 stands for all of them, in older configurations.
            guard let number: Int64 = try node.number(key), number != -1 else { return nil }
            guard let part = UInt32(exactly: number) else {
                throw try node.required(key).error("\(number) is no device number")
            }
            return part
        }
        let text = try node.text("access")
        var access: DeviceRule.Access = []
        for character in text {
            switch character {
            case "r": access.insert(.read)
            case "w": access.insert(.write)
            case "m": access.insert(.make)
            default: throw try node.required("access").error("'\(text)' is no access: use r, w and m")
            }
        }
        let kind = try node.optional("type") { (node) throws(JSONError) in try node.choice(kinds) } ?? .all
        let allow = try node.required("allow").bool()
        return DeviceRule(
            kind,
            major: try part("major"),
            minor: try part("minor"),
            access: text.isEmpty ? .everything : access,
            allow: allow
        )
    }

    private mutating func readMemory(_ node: JSONNode) throws(JSONError) {
        guard let node = try node.member("memory") else { return }
        memory.limit = try node.number("limit")
        memory.reservation = try node.number("reservation")
        memory.swap = try node.number("swap")
        memory.kernel = try node.number("kernel")
        memory.kernelTCP = try node.number("kernelTCP")
        memory.swappiness = try node.number("swappiness")
        let flag = { (node: JSONNode) throws(JSONError) in try node.bool() }
        memory.disableOOMKiller = try node.optional("disableOOMKiller", flag)
        memory.useHierarchy = try node.optional("useHierarchy", flag)
        memory.checkBeforeUpdate = try node.optional("checkBeforeUpdate", flag)
    }

    private mutating func readCPU(_ node: JSONNode) throws(JSONError) {
        guard let node = try node.member("cpu") else { return }
        cpu.shares = try node.number("shares")
        cpu.quota = try node.number("quota")
        cpu.burst = try node.number("burst")
        cpu.period = try node.number("period")
        cpu.realtimeRuntime = try node.number("realtimeRuntime")
        cpu.realtimePeriod = try node.number("realtimePeriod")
        let text = { (node: JSONNode) throws(JSONError) in try node.string() }
        cpu.cpus = try node.optional("cpus", text)
        cpu.mems = try node.optional("mems", text)
        cpu.idle = try node.number("idle")
        if let burst = cpu.burst, let quota = cpu.quota, quota > 0, burst > UInt64(quota) {
            throw try node.required("burst").error("\(burst) is above the quota of \(quota)")
        }
    }

    private mutating func readBlockIO(_ node: JSONNode) throws(JSONError) {
        guard let node = try node.member("blockIO") else { return }
        blockIO.weight = try node.number("weight")
        blockIO.leafWeight = try node.number("leafWeight")
        blockIO.weightDevices = try node.list("weightDevice") { (node) throws(JSONError) in
            (try Self.device(node), try node.number("weight"), try node.number("leafWeight"))
        }
        let rate = { (node: JSONNode) throws(JSONError) -> (device: String, rate: UInt64) in
            (try Self.device(node), try node.required("rate").integer())
        }
        blockIO.readBytes = try node.list("throttleReadBpsDevice", rate)
        blockIO.writeBytes = try node.list("throttleWriteBpsDevice", rate)
        blockIO.readOperations = try node.list("throttleReadIOPSDevice", rate)
        blockIO.writeOperations = try node.list("throttleWriteIOPSDevice", rate)
    }

    private static func device(_ node: JSONNode) throws(JSONError) -> String {
        let major: UInt32 = try node.required("major").integer()
        return "\(major):\(try node.required("minor").integer(UInt32.self))"
    }
}

extension ResourcesSection {
    /// Nothing is asked of cgroups but device rules, which matter only to those who may make devices.
    var isEmptyButDevices: Bool {
        let plain = ResourcesSection()
        return memory.isEmpty && cpu.isEmpty && blockIO.isEmpty && hugePages.isEmpty && classID == nil
            && priorities.isEmpty && (pids == nil || pids == plain.pids) && rdma.isEmpty && unified.isEmpty
    }

    /// Nothing is asked of cgroups.
    var isEmpty: Bool { isEmptyButDevices && !hasDevices }
}

extension ResourcesSection.Memory {
    fileprivate var isEmpty: Bool {
        limit == nil && reservation == nil && swap == nil && kernel == nil && kernelTCP == nil && swappiness == nil
            && disableOOMKiller == nil
    }
}

extension ResourcesSection.CPU {
    fileprivate var isEmpty: Bool {
        shares == nil && quota == nil && burst == nil && period == nil && realtimeRuntime == nil
            && realtimePeriod == nil && cpus == nil && mems == nil && idle == nil
    }
}

extension ResourcesSection.BlockIO {
    fileprivate var isEmpty: Bool {
        weight == nil && leafWeight == nil && weightDevices.isEmpty && readBytes.isEmpty && writeBytes.isEmpty
            && readOperations.isEmpty && writeOperations.isEmpty
    }
}
