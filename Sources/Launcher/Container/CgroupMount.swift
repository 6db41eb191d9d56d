import Glibc
import Launch
import LinuxKernel

/// What a container sees of the cgroup trees.
struct CgroupMount {
    private let plan: ContainerPlan
    private let paths: TargetPaths

    init(_ plan: ContainerPlan, _ paths: TargetPaths) {
        self.plan = plan
        self.paths = paths
    }

    func make(_ hierarchies: [CgroupHierarchyMount], _ mount: ContainerMount) throws(SyscallError) {
        let place = try paths.place(mount.target, directory: true)
        if let unified = hierarchies.first, unified.name.isEmpty {
            try mountOne("cgroup2", unified, on: place.descriptor.number, mount)
        } else {
            try makeLegacy(hierarchies, mount, on: place.descriptor.number)
        }
        guard let made = try paths.find(mount.target) else {
            throw SyscallError(call: "open", subject: mount.target, errno: ENOENT)
        }
        try MountAttributes.propagate(mount, on: made.number)
    }

    /// A tmpfs with a directory for each hierarchy, as hosts have it.
    private func makeLegacy(
        _ hierarchies: [CgroupHierarchyMount],
        _ mount: ContainerMount,
        on target: Int32
    ) throws(SyscallError) {
        let open = mount.flags & ~1
        try Mounts.mount("tmpfs", source: "tmpfs", on: target, flags: open, data: "mode=755", named: "tmpfs")
        for hierarchy in hierarchies {
            let place = try paths.place(mount.target + "/" + hierarchy.name, directory: true)
            try mountOne("cgroup", hierarchy, on: place.descriptor.number, mount)
            for alias in hierarchy.aliases {
                let parent = try paths.parent(of: mount.target + "/" + alias)
                try Files.makeLink(parent.name, to: hierarchy.name, at: parent.folder.number)
            }
        }
        guard mount.flags & 1 != 0, let top = try paths.find(mount.target) else { return }
        try Mounts.change(top.number, set: MountAttribute.readOnly, named: mount.target)
    }

    private func mountOne(
        _ type: String,
        _ hierarchy: CgroupHierarchyMount,
        on target: Int32,
        _ mount: ContainerMount
    ) throws(SyscallError) {
        // With a namespace of its own the container's group is the root of what a new mount shows.
        let own = plan.created.contains(.cgroup) || type == "cgroup2"
        if own {
            do throws(SyscallError) {
                let data = hierarchy.options
                return try Mounts.mount(type, source: "cgroup", on: target, flags: mount.flags, data: data, named: type)
            } catch  where error.errno == EPERM || error.errno == EBUSY {
                // The hierarchies belong to another user namespace: what the host shows has to do.
            }
        }
        let tree = try Mounts.clone(hierarchy.group, recursive: type == "cgroup2")
        try Mounts.change(
            tree.number,
            set: UInt64(mount.flags & 0xF),
            propagation: MountPropagation.none,
            named: hierarchy.group
        )
        try Mounts.attach(tree.number, to: target, named: hierarchy.group)
    }
}
