import Glibc
import Launch
import LinuxKernel

/// The root of a container while it is put together, in its mount namespace and before it becomes `/`.
struct ContainerFilesystem: ~Copyable {
    private var root: OwnedDescriptor
    private let plan: ContainerPlan
    private let hands: ContainerHands

    var number: Int32 { root.number }
    var paths: TargetPaths { TargetPaths(root: root.number) }

    /// Makes the mounts of the namespace private and puts the root where it will be changed to.
    ///
    /// - Precondition: In the container's mount namespace, with `CAP_SYS_ADMIN` there.
    init(_ plan: ContainerPlan, _ hands: ContainerHands) throws(ContainerFailure) {
        self.plan = plan
        self.hands = hands
        root = try step(.root) { () throws(SyscallError) in
            guard plan.created.contains(.mount) else {
                return try Files.open(plan.root.path, O_RDONLY | O_DIRECTORY)
            }
            // Nobody outside shall hear of what is mounted from here on; a slave root goes on hearing of the host's mounts.
            if plan.root.propagation == MountPropagation.slave {
                let top = try Files.open("/", OpenFlag.pathOnly | O_DIRECTORY)
                try Mounts.change(top.number, propagation: MountPropagation.slave, recursive: true, named: "/")
            } else {
                try Mounts.makeAllPrivate()
            }
            let tree: OwnedDescriptor
            if let handed = hands.root {
                tree = OwnedDescriptor(owning: handed)
            } else {
                tree = try Mounts.clone(plan.root.path, recursive: true)
            }
            let name = plan.root.path
            // A new peer group for "shared": what is mounted inside goes to nobody outside.
            let first = plan.root.propagation == MountPropagation.slave ? MountPropagation.slave : MountPropagation.none
            try Mounts.change(tree.number, propagation: first, recursive: true, named: name)
            try Self.place(tree.number, name)
            return try Files.open(".", O_RDONLY | O_DIRECTORY, at: tree.number)
        }
    }

    private static func place(_ tree: Int32, _ path: String) throws(SyscallError) {
        do throws(SyscallError) {
            try Mounts.attach(tree, overPath: path)
        } catch  where error.errno == EACCES {
            // The container's root may not look where its files are; any place does, since it becomes `/` in a moment.
            try Mounts.attach(tree, overPath: "/")
        }
    }

    /// Carries out every mount in order.
    ///
    /// `enterCgroup` is called before the first that shows cgroups: what it shows depends on where the process is.
    mutating func mountAll(enterCgroup: () throws(ContainerFailure) -> Void) throws(ContainerFailure) {
        for (index, mount) in plan.mounts.enumerated() {
            if case .cgroup = mount.kind { try enterCgroup() }
            do throws(SyscallError) {
                try carryOut(mount, index)
            } catch {
                throw ContainerFailure(
                    .mounts,
                    "mount `\(mount.source)` to `\(mount.target)`: \(error)",
                    errno: error.errno
                )
            }
        }
    }

    private mutating func carryOut(_ mount: ContainerMount, _ index: Int) throws(SyscallError) {
        switch mount.kind {
        case .fileSystem(let type): try FileSystemMount(plan, paths).make(type, mount)
        case .cgroup(let hierarchies): try CgroupMount(plan, paths).make(hierarchies, mount)
        case .remount:
            guard let place = try paths.find(mount.target) else {
                throw SyscallError(call: "mount", subject: mount.target, errno: ENOENT)
            }
            try Mounts.change(place.number, set: mount.set, clear: mount.clear, named: mount.target)
        case .bind(let recursive): try bind(mount, recursive, index)
        }
        // What now lies over the root is the root.
        if !mount.target.utf8.contains(where: { $0 != UInt8(ascii: "/") }) {
            root = try Files.open(plan.root.path, O_RDONLY | O_DIRECTORY)
        }
    }

    private func bind(_ mount: ContainerMount, _ recursive: Bool, _ index: Int) throws(SyscallError) {
        let tree = try openSource(mount, recursive, index)
        let isDirectory = try Files.status("", at: tree.number).isDirectory
        let place = try paths.place(mount.target, directory: isDirectory, following: !mount.targetUnfollowed)
        // The container must not send what it mounts below to the host's peers unless it was told to.
        let asked = mount.propagation.contains { $0.flag != MountPropagation.none }
        if !asked, plan.root.propagation != MountPropagation.slave {
            try Mounts.change(
                tree.number,
                propagation: MountPropagation.none,
                recursive: recursive,
                named: mount.source
            )
        }
        try MountAttributes.apply(mount, to: tree.number)
        try Mounts.attach(tree.number, to: place.descriptor.number, named: mount.target)
        try MountAttributes.propagate(mount, on: tree.number)
    }

    private func openSource(
        _ mount: ContainerMount,
        _ recursive: Bool,
        _ index: Int
    ) throws(SyscallError) -> OwnedDescriptor {
        if let handed = hands.sources[index], mount.keepsHandedSource(plan) { return OwnedDescriptor(owning: handed) }
        let tree: OwnedDescriptor
        if mount.sourceInside {
            guard let found = try paths.find(mount.source) else {
                throw SyscallError(call: "open_tree", subject: mount.source, errno: ENOENT)
            }
            tree = try Mounts.clone("", recursive: recursive, at: found.number)
        } else {
            do throws(SyscallError) {
                tree = try Mounts.clone(mount.source, recursive: recursive, following: !mount.sourceUnfollowed)
            } catch {
                // Closed to the container's root, or hidden: what was opened outside is the same.
                guard let handed = hands.sources[index] else { throw error }
                tree = OwnedDescriptor(owning: handed)
            }
        }
        if let shift = mount.shift, let users = hands.shifts[index] {
            try Mounts.shift(tree.number, named: mount.source, by: users, recursive: shift.recursive)
        }
        return tree
    }

    /// Closes what can only be closed when everything inside was made.
    func seal() throws(ContainerFailure) {
        try step(.root) { () throws(SyscallError) in
            for mount in plan.mounts where mount.readOnlyLater {
                guard let place = try paths.find(mount.target) else { continue }
                try Mounts.change(place.number, set: MountAttribute.readOnly, named: mount.target)
            }
            guard plan.created.contains(.mount) else { return }
            if plan.root.readOnly {
                try Mounts.change(root.number, set: MountAttribute.readOnly, named: plan.root.path)
            }
        }
    }

    /// Makes the root `/`.
    func becomeRoot() throws(ContainerFailure) {
        try step(.pivot) { () throws(SyscallError) in
            guard plan.created.contains(.mount) else { return try Mounts.changeRoot(to: root.number) }
            if plan.root.withoutPivot {
                try Mounts.moveToRoot(root.number)
            } else {
                try Mounts.pivot(to: root.number)
            }
            switch plan.root.propagation {
            case MountPropagation.shared, MountPropagation.unbindable:
                try Mounts.change(root.number, propagation: plan.root.propagation, named: "/")
            default: break
            }
        }
    }
}

/// `MS_*` bits of propagation; mount_namespaces(7).
enum MountPropagation {
    static let unbindable: UInt64 = 1 << 17
    static let none: UInt64 = 1 << 18
    static let slave: UInt64 = 1 << 19
    static let shared: UInt64 = 1 << 20
}

/// Flags of a mount that is there.
enum MountAttributes {
    static func apply(_ mount: ContainerMount, to number: Int32) throws(SyscallError) {
        try change(number, set: mount.set, clear: mount.clear, recursive: false, mount.target)
        try change(number, set: mount.setBelow, clear: mount.clearBelow, recursive: true, mount.target)
    }

    static func propagate(_ mount: ContainerMount, on number: Int32) throws(SyscallError) {
        for change in mount.propagation {
            let name = "\(mount.target) (propagation)"
            try Mounts.change(number, propagation: change.flag, recursive: change.recursive, named: name)
        }
    }

    private static func change(
        _ number: Int32,
        set: UInt64,
        clear: UInt64,
        recursive: Bool,
        _ name: String
    ) throws(SyscallError) {
        if set == 0 && clear == 0 { return }
        do throws(SyscallError) {
            try Mounts.change(number, set: set, clear: clear, recursive: recursive, named: name)
        } catch  where error.errno == EPERM && clear != 0 {
            // Flags that the mount came with are locked in a user namespace: it stays stricter than was asked.
            if set != 0 {
                // Access times can only be set together with their mask.
                let atime = set & 0x70 != 0 ? UInt64(0x70) : 0
                try Mounts.change(number, set: set, clear: atime, recursive: recursive, named: name)
            }
        }
    }
}
