import JSONText
import Launch
import LinuxKernel

/// Turns the `mounts` of a configuration into steps.
struct MountPlanner {
    let bundle: String
    /// The root's path without symbolic links.
    let root: String
    let configuration: Configuration
    let created: NamespaceSet
    /// What a mount of type `cgroup` shows.
    let cgroups: [CgroupHierarchyMount]

    func mounts() throws(JSONError) -> [ContainerMount] {
        var mounts: [ContainerMount] = []
        for section in configuration.mounts { mounts.append(try mount(section)) }
        return mounts
    }

    private func mount(_ section: MountSection) throws(JSONError) -> ContainerMount {
        var target = Self.normalized(section.destination)
        // Some callers name the place as the host sees it.
        if root != "/", target.hasPrefix(root + "/") { target = String(target.dropFirst(root.utf8.count)) }
        var mount = ContainerMount(kind: kind(section), source: section.source, target: target)
        var options = MountOptions()
        options.apply(section.options, to: &mount)
        mount.sourceUnfollowed = options.words.contains("src-nofollow") || options.words.contains("copy-symlink")
        mount.targetUnfollowed = options.words.contains("dest-nofollow") || options.words.contains("copy-symlink")
        try complete(&mount, section, options)
        try shift(&mount, section, options)
        label(&mount, section)
        return mount
    }

    private func kind(_ section: MountSection) -> ContainerMount.Kind {
        if section.options.contains("remount") { return .remount }
        if section.isBind { return .bind(recursive: section.options.contains("rbind")) }
        if section.type == "cgroup" { return .cgroup(cgroups) }
        return .fileSystem(type: section.type)
    }

    private func complete(
        _ mount: inout ContainerMount,
        _ section: MountSection,
        _ options: MountOptions
    ) throws(JSONError) {
        switch mount.kind {
        case .bind:
            if section.source.isEmpty { throw section.node.error("a bind mount needs a source") }
            mount.source = section.source.hasPrefix("/") ? section.source : bundle + "/" + section.source
            locate(&mount)
            mount.data = ""
        case .fileSystem(let type):
            if type.isEmpty { throw section.node.error("a mount that is no bind mount needs a type") }
            if mount.source.isEmpty { mount.source = type }
            mount.copiesUp = options.words.contains("tmpcopyup")
            if mount.copiesUp, type != "tmpfs" { throw section.node.error("tmpcopyup is for tmpfs only") }
            // For file systems the flags of mount(2) say it; only recursive options are left.
            (mount.set, mount.clear) = (0, 0)
            // Nodes and links are made in there after the mounts.
            if mount.target == "/dev", mount.flags & 1 != 0 {
                mount.flags &= ~1
                mount.readOnlyLater = true
            }
        case .cgroup: (mount.set, mount.clear, mount.data) = (0, 0, "")
        case .remount: break
        }
    }

    /// A source below the root may only come into being by an earlier mount.
    private func locate(_ mount: inout ContainerMount) {
        let prefix = root == "/" ? "/" : root + "/"
        guard created.contains(.mount), mount.source.hasPrefix(prefix) else { return }
        mount.sourceInside = true
        mount.source = "/" + mount.source.dropFirst(prefix.utf8.count)
    }

    private func shift(
        _ mount: inout ContainerMount,
        _ section: MountSection,
        _ options: MountOptions
    ) throws(JSONError) {
        let named = options.words.contains("idmap") || options.words.contains("ridmap")
        guard named || !section.users.isEmpty else { return }
        guard case .bind = mount.kind else {
            throw section.node.error("only bind mounts can show other owners")
        }
        let linux = configuration.linux
        let users = section.users.isEmpty ? linux.users : section.users
        let groups = section.users.isEmpty ? linux.groups : section.groups
        let joined = linux.namespaces.first { $0.kind == .user && !$0.path.isEmpty }
        if users.isEmpty, let joined {
            mount.shift = MountShift(users: [], groups: [], recursive: options.words.contains("ridmap"))
            mount.shift?.namespace = joined.path
            return
        }
        guard !users.isEmpty, !groups.isEmpty else {
            throw section.node.error("an idmap mount needs uidMappings and gidMappings, here or of the user namespace")
        }
        mount.shift = MountShift(users: users, groups: groups, recursive: options.words.contains("ridmap"))
    }

    private func label(_ mount: inout ContainerMount, _ section: MountSection) {
        guard !configuration.linux.mountLabel.isEmpty, case .fileSystem(let type) = mount.kind else { return }
        guard ["tmpfs", "devpts", "mqueue", "ramfs"].contains(type), !mount.data.contains("context=") else { return }
        let label = "context=\"\(configuration.linux.mountLabel)\""
        mount.data += (mount.data.isEmpty ? "" : ",") + label
    }

    /// Absolute, without doubled or final slashes and without `.`.
    static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
