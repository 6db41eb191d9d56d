import Cgroups
import LinuxKernel

/// Where the groups of this host's hierarchies begin.
enum FactsAboutCgroups {
    /// Where cgroups of the v2 tree can be made, even where no controller is in it.
    static func unifiedTree() -> String? { (try? CgroupHierarchy.detect())?.unified?.base }

    /// The mount point of every v1 hierarchy and the delegated group of the v2 tree, each once.
    static func detect() throws(SyscallError) -> [String] {
        let hierarchy = try CgroupHierarchy.detect()
        var roots = Set(hierarchy.legacy.values)
        if let base = hierarchy.unified?.base { roots.insert(base) }
        return roots.sorted()
    }
}
