import JSONText
import LinuxKernel

/// `linux.intelRdt`: classes of service in the resctrl file system.
enum ResourceControl {
    private static let usualPlace = "/sys/fs/resctrl"

    /// Makes or checks the class and puts a process in it.
    ///
    /// - Returns: The directory that was made and has to be removed, empty if none was.
    static func apply(
        _ section: ResourceControlSection,
        container: String,
        pid: ProcessID
    ) throws(RuntimeError) -> String {
        guard Files.exists(usualPlace + "/schemata") else {
            throw RuntimeError("linux.intelRdt: no resctrl file system is mounted on this host")
        }
        let name = section.classID.isEmpty ? container : section.classID
        let path = name == "/" ? usualPlace : "\(usualPlace)/\(name)"
        let isThere = Files.exists(path)
        if !isThere, !section.classID.isEmpty, section.schemata.isEmpty {
            throw RuntimeError("linux.intelRdt.closID: \(path): there is no such class")
        }
        do throws(SyscallError) {
            if !isThere { try Files.makeDirectory(path) }
            if !section.schemata.isEmpty {
                try Files.writeKernelFile(path + "/schemata", section.schemata.joined(separator: "\n") + "\n")
            }
            try Files.writeKernelFile(path + "/tasks", "\(pid)")
            if section.monitors {
                try Files.makeDirectories("\(path)/mon_groups/\(container)")
                try Files.writeKernelFile("\(path)/mon_groups/\(container)/tasks", "\(pid)")
            }
        } catch {
            if !isThere { remove(path) }
            throw RuntimeError("linux.intelRdt", error)
        }
        if !isThere, section.classID.isEmpty { return path }
        return section.monitors ? "\(path)/mon_groups/\(container)" : ""
    }

    static func remove(_ path: String) {
        if path.hasPrefix(usualPlace + "/") { try? Files.removeDirectory(path) }
    }
}
