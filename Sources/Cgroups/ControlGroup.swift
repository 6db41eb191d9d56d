import LinuxKernel

/// One group of processes: its directory in every hierarchy that it joined.
public struct ControlGroup: Equatable, Sendable {
    /// One per hierarchy; nobody else joins or leaves them.
    public var directories: [CgroupDirectory]

    /// A group from its plan.
    public init(directories: [CgroupDirectory]) {
        self.directories = directories
    }

    /// The directories of `path` that exist, in whatever hierarchy: for groups whose plan is lost.
    ///
    /// - Parameters:
    ///   - path: Relative to the delegated root, such as `bailey/acme/web1`.
    ///   - hierarchy: Where to look.
    /// - Returns: A group without writes; one without directories when there is nothing.
    public static func existing(_ path: String, in hierarchy: CgroupHierarchy) -> ControlGroup {
        var directories: [CgroupDirectory] = []
        for controller in Controller.allCases {
            guard let mount = hierarchy.legacy[controller] else { continue }
            if let index = directories.firstIndex(where: { $0.root == mount }) {
                directories[index].controllers.append(controller)
            } else {
                directories.append(
                    CgroupDirectory(version: .v1, controllers: [controller], root: mount, name: path)
                )
            }
        }
        if let tree = hierarchy.unified, let base = tree.base {
            let rest = Controller.allCases.filter { hierarchy.legacy[$0] == nil }
                .filter { $0.isCoreOnUnified || tree.controllers.contains($0) }
            directories.append(CgroupDirectory(version: .v2, controllers: rest, root: base, name: path))
        }
        return ControlGroup(directories: directories.filter { Files.exists($0.path) })
    }

    /// The v2 directory, which `CLONE_INTO_CGROUP` and cgroup BPF programs want.
    public var unified: CgroupDirectory? { directories.first { $0.version == .v2 } }

    /// The v1 directories, which a process joins through `cgroup.procs`.
    public var legacy: [CgroupDirectory] { directories.filter { $0.version == .v1 } }

    /// The directory whose files tell about a controller.
    public func directory(for controller: Controller) -> CgroupDirectory? {
        directories.first { $0.version == .v1 && $0.controllers.contains(controller) } ?? unified
    }
}
