import Launcher
import LinuxKernel

/// Whether the caller may make cgroups.
enum CgroupAccess {
    /// Root of the host, and not only of a user namespace.
    static var isHostRoot: Bool {
        guard Processes.effectiveUser == 0, let map = try? Files.readText("/proc/self/uid_map") else { return false }
        let numbers = map.split(separator: "\n").first?.split(separator: " ").compactMap { UInt32($0) } ?? []
        return numbers == [0, 0, .max]
    }

    static func isWritable(_ path: String) -> Bool { Files.mayWrite(path) }

    /// The deepest directory on the way to `path` that is there.
    static func nearest(_ path: String) -> String {
        var path = path
        while !Files.exists(path), let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            path = String(path[..<slash])
        }
        return path
    }
}
