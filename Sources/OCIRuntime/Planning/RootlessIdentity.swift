import JSONText
import Launch
import LinuxKernel

/// Maps for a caller that is not root.
enum RootlessIdentity {
    static func make(_ linux: LinuxSection) throws(JSONError) -> ContainerIdentity {
        let own = (user: Processes.realUser, group: Processes.realGroup)
        let users = linux.users.isEmpty ? [IdentityRange(inside: 0, outside: own.user, count: 1)] : linux.users
        let groups = linux.groups.isEmpty ? [IdentityRange(inside: 0, outside: own.group, count: 1)] : linux.groups
        // Whoever maps nobody but himself may do so by himself.
        let isSelf =
            users.count == 1 && users[0].count == 1 && users[0].outside == own.user
            && groups.count == 1 && groups[0].count == 1 && groups[0].outside == own.group
        if isSelf { return ContainerIdentity(users: users, groups: groups, deniesGroups: true) }
        let tools = ["newuidmap", "newgidmap"].compactMap(find)
        guard tools.count == 2 else {
            throw JSONError(
                "linux.uidMappings",
                "mapping several ids without root needs newuidmap and newgidmap (uidmap)"
            )
        }
        return ContainerIdentity(users: users, groups: groups, tools: tools)
    }

    private static func find(_ tool: String) -> String? {
        ["/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin"].map { "\($0)/\(tool)" }.first { Files.mayExecute($0) }
    }
}
