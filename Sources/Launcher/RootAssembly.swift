import Glibc
import Launch
import LinuxKernel

/// The new root while it is put together, before it becomes `/`.
struct RootAssembly: ~Copyable {
    private let mount: OwnedDescriptor
    private let mounts: HandedMounts

    /// The root's descriptor.
    var number: Int32 { mount.number }

    /// Paths inside the new root.
    var beneath: BeneathRoot { BeneathRoot(mount.number) }

    /// Puts the root together at `stage`, an empty directory of the host; only this mount namespace sees it there.
    static func make(
        _ plan: LaunchPlan,
        _ mounts: consuming HandedMounts,
        stage: consuming OwnedDescriptor
    ) throws(StageFailure) -> RootAssembly {
        do throws(SyscallError) {
            let mount: OwnedDescriptor
            switch plan.root {
            case .directory:
                mount = try directory(mounts, stage)
            case .overlay(let layers, let upper, let work, let volatile):
                mount = try overlay(layers.count, upper, work, volatile, mounts, stage)
            case .image(let layers, _, let volatile):
                mount = try overlay(layers.count, "upper", "work", volatile, mounts, stage)
            }
            return RootAssembly(mount: mount, mounts: mounts)
        } catch {
            throw StageFailure(.root, error)
        }
    }

    private static func directory(
        _ mounts: borrowing HandedMounts,
        _ stage: borrowing OwnedDescriptor
    ) throws(SyscallError) -> OwnedDescriptor {
        guard let root = mounts.root.first else { throw SyscallError(call: "bind", subject: "root", errno: EINVAL) }
        try Mounts.attach(root, to: stage.number, named: "root")
        return try Files.open(".", O_RDONLY | O_DIRECTORY, at: root)
    }

    /// Overlayfs is mounted in here, by the jail's root: what it writes is then bound by quotas as the guest is.
    ///
    /// See docs/decisions/0003-overlay-inside.md.
    private static func overlay(
        _ layers: Int,
        _ upper: String,
        _ work: String,
        _ volatile: Bool,
        _ mounts: borrowing HandedMounts,
        _ stage: borrowing OwnedDescriptor
    ) throws(SyscallError) -> OwnedDescriptor {
        let scaffold = try Mounts.make("tmpfs", options: ["mode=0700", "nr_inodes=64"])
        try Mounts.attach(scaffold.number, to: stage.number, named: "scaffold")
        try Mounts.enter(scaffold.number)
        // Old kernels only take layers by path, and only from mounts of the own namespace.
        for (index, mount) in mounts.root.enumerated() {
            try Files.makeDirectory("\(index)", mode: 0o700)
            let place = try Files.open("\(index)", O_RDONLY | O_DIRECTORY)
            try Mounts.attach(mount, to: place.number, named: "layer \(index)")
        }
        let lower = (0..<layers).reversed().map { "\($0)" }.joined(separator: ":")
        let options = [
            "lowerdir=\(lower)", "upperdir=\(layers)/\(lastPart(upper))", "workdir=\(layers)/\(lastPart(work))",
            "userxattr",
        ]
        let root = try Mounts.make("overlay", options: volatile ? options + ["volatile"] : options)
        try Files.makeDirectory("root", mode: 0o755)
        let place = try Files.open("root", O_RDONLY | O_DIRECTORY)
        try Mounts.attach(root.number, to: place.number, named: "root")
        return root
    }

    private static func lastPart(_ path: String) -> Substring {
        path[(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)...]
    }

    /// Carries out one step of the plan inside the new root.
    func carryOut(_ step: RootStep) throws(StageFailure) {
        do throws(SyscallError) {
            try perform(step)
        } catch {
            throw StageFailure(.mounts, error)
        }
    }

    private func perform(_ step: RootStep) throws(SyscallError) {
        switch step {
        case .mount(let type, let target, let options, let attributes, let fixed):
            let place = try beneath.openTarget(target, directory: true, linkFree: fixed)
            let mount = try Mounts.make(type, options: options, attributes: attributes)
            try Mounts.attach(mount.number, to: place.number, named: target)
        case .bind(let source, let target, let attributes):
            try bind(mounts.source(source), target, attributes)
        case .device(let name, let major, let minor):
            try showDevice(name, major, minor)
        case .directory(let path, let mode):
            try beneath.makeDirectories(path, mode: mode, linkFree: true)
        case .link(let path, let target):
            try beneath.makeLink(path, to: target)
        case .mask(let path):
            try mask(path)
        case .readOnly(let path):
            try makeReadOnly(path)
        case .sealRoot:
            try Mounts.set(MountAttribute.readOnly, on: mount.number, named: "/")
        case .parameter(let path, let value):
            let file = try beneath.open(path, O_WRONLY, linkFree: true)
            try Files.write(file.number, Array(value.utf8), named: path)
        }
    }

    private func bind(_ source: Int32, _ target: String, _ attributes: UInt64) throws(SyscallError) {
        let isDirectory = try Files.status("", at: source).isDirectory
        let place = try beneath.openTarget(target, directory: isDirectory)
        if attributes != 0 { try Mounts.set(attributes, on: source, named: target, recursive: true) }
        try Mounts.attach(source, to: place.number, named: target)
    }

    /// Binds the host's node; the device number is checked on the very mount that is attached (CVE-2025-31133).
    private func showDevice(_ name: String, _ major: UInt32, _ minor: UInt32) throws(SyscallError) {
        let node = try Mounts.clone("/dev/" + name)
        try Self.require(node.number, major, minor, named: "/dev/" + name)
        let place = try beneath.openTarget("/dev/" + name, directory: false, linkFree: true)
        try Mounts.attach(node.number, to: place.number, named: "/dev/" + name)
    }

    private static func require(
        _ node: Int32,
        _ major: UInt32,
        _ minor: UInt32,
        named name: String
    ) throws(SyscallError) {
        let status = try Files.status("", at: node)
        guard status.mode & S_IFMT == S_IFCHR, status.representedDevice == DeviceNumber.make(major, minor) else {
            throw SyscallError(
                call: "stat",
                subject: "\(name) on the host, which is not device \(major):\(minor)",
                errno: ENODEV
            )
        }
    }

    /// Hides a path of procfs or sysfs; a kernel that has no such path has nothing to hide.
    private func mask(_ path: String) throws(SyscallError) {
        guard let place = try openIfPresent(path) else { return }
        if try Files.status("", at: place.number).isDirectory {
            let empty = try Mounts.make(
                "tmpfs",
                options: ["mode=0555", "nr_inodes=1"],
                attributes: MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noDevices
                    | MountAttribute.noExecution
            )
            try Mounts.attach(empty.number, to: place.number, named: path)
        } else {
            let null = try Mounts.clone("/dev/null")
            try Self.require(null.number, 1, 3, named: "/dev/null")
            try Mounts.attach(null.number, to: place.number, named: path)
        }
    }

    private func makeReadOnly(_ path: String) throws(SyscallError) {
        guard let place = try openIfPresent(path) else { return }
        let copy = try Mounts.clone("", recursive: true, at: place.number)
        try Mounts.set(MountAttribute.readOnly, on: copy.number, named: path, recursive: true)
        try Mounts.attach(copy.number, to: place.number, named: path)
    }

    private func openIfPresent(_ path: String) throws(SyscallError) -> OwnedDescriptor? {
        do throws(SyscallError) {
            return try beneath.open(path, OpenFlag.pathOnly, linkFree: true)
        } catch  where error.errno == ENOENT {
            return nil
        }
    }
}
