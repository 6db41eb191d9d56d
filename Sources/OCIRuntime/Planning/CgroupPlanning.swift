import Cgroups
import JSONText
import Launch
import LinuxKernel

/// The cgroup steps of a container for a host.
struct CgroupPlanning {
    let host: CgroupHost
    let path: String
    let resources: ResourcesSection

    /// One directory a hierarchy on v1; on v2 one directory, with controllers handed down to it.
    func cgroups() throws(JSONError) -> ContainerCgroups {
        try host.isLegacy ? legacy() : unified()
    }

    private func legacy() throws(JSONError) -> ContainerCgroups {
        let plan = try ResourceWrites(legacy: resources) { controller, file in
            guard let hierarchy = host.hierarchy(controller) else { return false }
            return Files.exists(hierarchy.mount + "/" + file)
        }
        var directories: [Launch.CgroupDirectory] = []
        var inherited: [InheritedFiles] = []
        for hierarchy in host.legacy {
            let writes = plan.writes.filter { hierarchy.controllers.contains($0.controller) }
            let directory = hierarchy.mount + path
            directories.append(
                Launch.CgroupDirectory(
                    path: directory,
                    writes: writes.map { Launch.CgroupWrite(file: $0.file, value: $0.value, optional: $0.optional) }
                )
            )
            if hierarchy.controllers.contains("cpuset") {
                let files = ["cpuset.cpus", "cpuset.mems"]
                inherited.append(InheritedFiles(top: hierarchy.mount, path: directory, files: files))
            }
        }
        for write in plan.writes where host.hierarchy(write.controller) == nil && !write.optional {
            throw JSONError(write.field, "no cgroup mount of this host has the \(write.controller) controller")
        }
        var cgroups = ContainerCgroups(
            steps: CgroupSteps(parents: [], directories: directories, bornInside: false, deviceProgram: [])
        )
        cgroups.inherited = inherited
        // On hybrid hosts tools look for processes in the v2 tree as well.
        if let unified = host.unified { cgroups.alsoJoined = [unified + path] }
        return cgroups
    }

    private func unified() throws(JSONError) -> ContainerCgroups {
        guard let mount = host.unified else {
            throw JSONError("linux.cgroupsPath", "no cgroup file system is mounted on this host")
        }
        let plan = try ResourceWrites(unified: resources) { controller, file in
            Files.exists(mount + path + "/" + file)
                || (controller == "hugetlb" && host.controllers.contains(controller))
        }
        for write in plan.writes
        where !write.controller.isEmpty && !host.controllers.contains(write.controller) && !write.optional {
            throw JSONError(write.field, "the \(write.controller) controller is not in \(mount)/cgroup.controllers")
        }
        let wanted = host.controllers.map { "+" + $0 }.joined(separator: " ")
        var parents: [CgroupParent] = []
        var above = mount
        for name in path.split(separator: "/") {
            if !wanted.isEmpty {
                // A parent that refuses leaves the file of a limit missing, and that is what the message then says.
                let write = Launch.CgroupWrite(file: "cgroup.subtree_control", value: wanted, optional: true)
                parents.append(CgroupParent(path: above, writes: [write]))
            }
            above += "/" + name
        }
        let writes = plan.writes.map { Launch.CgroupWrite(file: $0.file, value: $0.value, optional: $0.optional) }
        return ContainerCgroups(
            steps: CgroupSteps(
                parents: parents,
                directories: [Launch.CgroupDirectory(path: mount + path, writes: writes)],
                bornInside: true,
                deviceProgram: plan.deviceProgram
            )
        )
    }

    /// What a mount of type `cgroup` shows inside.
    ///
    /// - Parameter isOwn: The container has a group of its own. One without, as a user without delegation has it, is in
    ///   the caller's group, and sees that.
    /// - Returns: One mount for each hierarchy, or one for the v2 tree.
    func mounts(isOwn: Bool) -> [CgroupHierarchyMount] {
        guard host.isLegacy else {
            let mount = host.unified ?? "/sys/fs/cgroup"
            let group = isOwn ? mount + path : Self.callers(mount, host.ownUnified)
            return [CgroupHierarchyMount(name: "", options: "", group: group, aliases: [])]
        }
        return host.legacy.map { hierarchy in
            let name = String(hierarchy.mount.split(separator: "/").last ?? "cgroup")
            let plain = hierarchy.controllers.filter { !$0.hasPrefix("name=") }
            let options = hierarchy.controllers.map { $0.hasPrefix("name=") ? "none,\($0)" : $0 }.joined(separator: ",")
            let aliases = plain.count > 1 ? plain.filter { $0 != name } : []
            let group = isOwn ? hierarchy.mount + path : Self.callers(hierarchy.mount, hierarchy.own)
            return CgroupHierarchyMount(name: name, options: options, group: group, aliases: aliases)
        }
    }

    /// The caller's own group; the whole mount where the caller's group lies outside of what it shows.
    private static func callers(_ mount: String, _ own: String) -> String {
        let group = own == "/" ? mount : mount + own
        return !own.contains("..") && Files.exists(group) ? group : mount
    }
}
