/// The files of a group whose figures only grow: what is worth keeping when the group is removed.
///
/// A supervisor looks every few seconds; what a jail used and which limits it hit between its last look and the jail's end
/// would be lost with the group, and an end by the OOM killer is just that.
public enum CgroupCounters {
    private static let files: [(version: CgroupVersion, controller: Controller, file: String)] = [
        (.v1, .cpuacct, "cpuacct.usage"), (.v1, .cpu, "cpu.stat"), (.v1, .memory, "memory.failcnt"),
        (.v1, .memory, "memory.oom_control"), (.v1, .pids, "pids.events"),
        (.v1, .io, "blkio.throttle.io_service_bytes_recursive"), (.v2, .cpu, "cpu.stat"),
        (.v2, .memory, "memory.events"), (.v2, .pids, "pids.events"), (.v2, .io, "io.stat"),
    ]

    /// Their paths, absolute, for the hierarchies that a plan joins.
    public static func paths(of plan: CgroupPlan) -> [String] {
        files.compactMap { entry in
            let directory = plan.directories.first {
                $0.version == entry.version && $0.controllers.contains(entry.controller)
            }
            return directory.map { "\($0.path)/\(entry.file)" }
        }
    }

    /// The figures in texts that were kept, by the paths of their files.
    public static func statistics(_ texts: [String: String]) -> CgroupStatistics {
        var directories: [CgroupDirectory] = []
        for path in texts.keys {
            guard let slash = path.lastIndex(of: "/") else { continue }
            let (folder, file) = (path[..<slash], path[path.index(after: slash)...])
            // cpu.stat is in both versions; only v2 counts usage_usec there.
            let isUnified = file == "cpu.stat" && texts[path]?.contains("usage_usec") == true
            for entry in files where entry.file == file && (file != "cpu.stat" || (entry.version == .v2) == isUnified) {
                guard let parent = folder.lastIndex(of: "/") else { continue }
                directories.append(
                    CgroupDirectory(
                        version: entry.version,
                        controllers: [entry.controller],
                        root: String(folder[..<parent]),
                        name: String(folder[folder.index(after: parent)...])
                    )
                )
                break
            }
        }
        return CgroupStatistics.read(ControlGroup(directories: directories)) { texts[$0] }
    }
}
