import Glibc
import Launch
import LinuxKernel

/// Opens, while the process still is the caller's own, what the container's process could not open by itself.
///
/// That are sources that may lie where the root of a user namespace may not look, that are shifted, which only the file
/// system's owner can do, or that shall stay in the peer group of the host's mount. All others are opened inside: the order
/// in which mounts come into being is the one that mountinfo shows.
enum ContainerSources {
    static func open(_ plan: ContainerPlan, into hands: inout ContainerHands) throws(ContainerFailure) {
        hands.sources = [Int32?](repeating: nil, count: plan.mounts.count)
        hands.shifts = hands.sources
        guard plan.created.contains(.mount), mayMount else { return }
        hands.root = try step(.root) { () throws(SyscallError) in
            try Mounts.clone(plan.root.path, recursive: true).release()
        }
        for (index, mount) in plan.mounts.enumerated() {
            if let shift = mount.shift {
                hands.shifts[index] = try step(.sources) { () throws(SyscallError) in
                    if !shift.namespace.isEmpty { return try Files.open(shift.namespace, O_RDONLY).release() }
                    return try IdentityNamespace.make(shift.users, shift.groups).release()
                }
            }
            guard case .bind(let recursive) = mount.kind, !mount.sourceInside, isNeeded(mount, plan) else { continue }
            let tree = try step(.sources) { () throws(SyscallError) in
                try Mounts.clone(mount.source, recursive: recursive, following: !mount.sourceUnfollowed).release()
            }
            hands.sources[index] = tree
            if let shift = mount.shift, let users = hands.shifts[index] {
                try step(.sources) { () throws(SyscallError) in
                    try Mounts.shift(tree, named: mount.source, by: users, recursive: shift.recursive)
                }
            }
        }
    }

    private static func isNeeded(_ mount: ContainerMount, _ plan: ContainerPlan) -> Bool {
        plan.identity != nil || plan.joined.contains { $0.kind == .user } || mount.keepsHandedSource(plan)
    }

    /// Whether the caller may make mounts in its own namespace: CAP_SYS_ADMIN (21).
    private static var mayMount: Bool { ProcessAttributes.capabilitySet("CapEff") >> 21 & 1 == 1 }
}

/// A user namespace that exists only for its maps, as idmapped mounts want one.
enum IdentityNamespace {
    static func make(_ users: [IdentityRange], _ groups: [IdentityRange]) throws(SyscallError) -> OwnedDescriptor {
        guard let child = try Processes.clone(flags: NamespaceSet.user.rawValue) else {
            // Lives until its maps are written and its namespace is held by a descriptor, and no longer than its maker.
            try? ProcessAttributes.dieWithParent()
            while true { Events.sleep(milliseconds: 1000) }
        }
        defer {
            try? Processes.signal(pidfd: child.pidfd.number, SIGKILL)
            _ = try? Processes.reap(child.pid)
        }
        try Files.writeKernelFile("/proc/\(child.pid)/uid_map", users.map(\.line).joined(separator: "\n"))
        try Files.writeKernelFile("/proc/\(child.pid)/gid_map", groups.map(\.line).joined(separator: "\n"))
        return try Namespaces.openUserNamespace(of: child.pid)
    }
}

extension ContainerMount {
    /// The source that was opened outside is used, even if the container's process could open it.
    func keepsHandedSource(_ plan: ContainerPlan) -> Bool {
        let peers = [MountPropagation.shared, MountPropagation.slave]
        return shift != nil
            || (plan.root.propagation == MountPropagation.shared && propagation.contains { peers.contains($0.flag) })
    }
}
