import LinuxKernel

/// The cgroup mounts of this host, as containers join them.
struct CgroupHost: Equatable {
    /// One v1 hierarchy.
    struct Legacy: Equatable {
        var mount: String
        /// Controllers, or the name of a hierarchy without any, as `name=systemd`.
        var controllers: [String]
        /// Where the calling process is in it.
        var own: String
    }

    var legacy: [Legacy] = []
    /// The mount point of the v2 tree.
    var unified: String?
    /// Where the calling process is in it.
    var ownUnified = "/"
    /// What `cgroup.controllers` of its root offers.
    var controllers: [String] = []

    /// Controllers on v1 mounts decide: then the v2 tree, if there is one, has none of use.
    var isLegacy: Bool { legacy.contains { !$0.controllers.allSatisfy { $0.hasPrefix("name=") } } }

    /// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`.
    static func detect() -> CgroupHost {
        guard let mounts = try? Files.readBytes("/proc/self/mountinfo"),
            let own = try? Files.readText("/proc/self/cgroup")
        else { return CgroupHost() }
        var host = CgroupHost(mounts: mounts, own: own)
        if let unified = host.unified, !host.isLegacy {
            let text = (try? Files.readText(unified + "/cgroup.controllers")) ?? ""
            host.controllers = text.split(separator: " ").map(String.init)
        }
        return host
    }

    init() {}

    init(mounts text: [UInt8], own: String) {
        for line in text.split(separator: UInt8(ascii: "\n")) where line.contains(UInt8(ascii: "-")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard let dash = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }), dash + 3 < fields.count else {
                continue
            }
            let type = fields[dash + 1]
            let point = String(decoding: fields[4], as: UTF8.self)
            if type.elementsEqual("cgroup2".utf8) {
                unified = unified ?? point
            } else if type.elementsEqual("cgroup".utf8) {
                let options = String(decoding: fields[dash + 3], as: UTF8.self).split(separator: ",").map(String.init)
                let names = options.filter { Self.names.contains($0) || $0.hasPrefix("name=") }
                if names.isEmpty || legacy.contains(where: { $0.controllers == names }) { continue }
                legacy.append(Legacy(mount: point, controllers: names, own: Self.own(names, own)))
            }
        }
        ownUnified = Self.own([""], own)
    }

    static let names: Set<String> = [
        "cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "net_cls", "blkio", "perf_event", "net_prio",
        "hugetlb", "pids", "rdma", "misc",
    ]

    private static func own(_ controllers: [String], _ text: String) -> String {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if Set(parts[1].split(separator: ",").map(String.init)) == Set(controllers.filter { !$0.isEmpty }) {
                return String(parts[2])
            }
        }
        return "/"
    }

    /// The v1 hierarchy with a controller.
    func hierarchy(_ controller: String) -> Legacy? { legacy.first { $0.controllers.contains(controller) } }
}
