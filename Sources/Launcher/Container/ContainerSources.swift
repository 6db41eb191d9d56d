import Glibc
import Launch
import LinuxKernel

/// Opens what a container's mounts are made of while the process still is the caller's own.
///
/// Opened out here, a source keeps its peer group whatever the container's namespace does to propagation, may lie where
/// the container's root may not look, and may be shifted, which only the file system's owner can do.
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
                    try IdentityNamespace.make(shift.users, shift.groups).release()
                }
            }
            guard case .bind(let recursive) = mount.kind, !mount.sourceInside else { continue }
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
