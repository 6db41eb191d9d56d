import Glibc
import Launch
import LinuxKernel

/// Hidden and read-only paths and kernel parameters, once the container's root is `/`.
enum ContainerPaths {
    /// The host's null device, taken before its mounts are left: what stands at a container's /dev/null is not to be
    /// relied on.
    static func takeNull() -> Int32? { try? Mounts.clone("/dev/null").release() }

    static func apply(_ plan: ContainerPlan, null: Int32?) throws(ContainerFailure) {
        try step(.paths) { () throws(SyscallError) in
            for parameter in plan.parameters { try set(parameter) }
        }
        guard plan.created.contains(.mount), !plan.readOnly.isEmpty || !plan.masked.isEmpty else { return }
        try step(.paths) { () throws(SyscallError) in
            let root = try Files.open("/", O_RDONLY | O_DIRECTORY)
            let paths = TargetPaths(root: root.number)
            for path in plan.readOnly { try makeReadOnly(path, paths) }
            var empty: Int32?
            for path in plan.masked { try mask(path, paths, null, &empty) }
            if let empty { _ = OwnedDescriptor(owning: empty) }
        }
    }

    private static func set(_ parameter: KernelParameter) throws(SyscallError) {
        // A tenant's root may hold anything at /proc if nothing was mounted there.
        let file = try Files.open(parameter.path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
        guard try Files.isProcess(file.number) else {
            throw SyscallError(call: "open", subject: "\(parameter.path) (no procfs)", errno: EINVAL)
        }
        _ = try Files.writeSome(
            file.number,
            Array(parameter.value.utf8)[...],
            named: "\(parameter.value) to \(parameter.path)"
        )
    }

    private static func makeReadOnly(_ path: String, _ paths: TargetPaths) throws(SyscallError) {
        guard let place = try paths.find(path, following: false) else { return }
        let copy = try Mounts.clone("", recursive: true, at: place.number)
        try Mounts.change(copy.number, set: MountAttribute.readOnly, recursive: true, named: path)
        try Mounts.attach(copy.number, to: place.number, named: path)
    }

    private static func mask(
        _ path: String,
        _ paths: TargetPaths,
        _ null: Int32?,
        _ empty: inout Int32?
    ) throws(SyscallError) {
        guard let place = try paths.find(path, following: false) else { return }
        let status = try Files.status("", at: place.number)
        // A link hides nothing: what it leads to would have to be named.
        if status.isLink { throw SyscallError(call: "open", subject: path, errno: ELOOP) }
        if status.isDirectory {
            let shared: Int32
            if let empty {
                shared = empty
            } else {
                shared = try Mounts.make("tmpfs", options: ["nr_inodes=1"], attributes: MountAttribute.readOnly)
                    .release()
                empty = shared
            }
            let copy = try Mounts.clone("", at: shared)
            return try Mounts.attach(copy.number, to: place.number, named: path)
        }
        guard let null else { throw SyscallError(call: "open_tree", subject: "/dev/null", errno: ENOENT) }
        let copy = try Mounts.clone("", at: null)
        try Mounts.attach(copy.number, to: place.number, named: path)
    }
}
