import Glibc
import Launch
import LinuxKernel

/// The new root while it is put together, before it becomes `/`.
struct RootAssembly: ~Copyable {
    private let mount: OwnedDescriptor
    private let scaffold: OwnedDescriptor
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
            let scaffold = try raiseScaffold(at: stage)
            let mount: OwnedDescriptor
            switch plan.root {
            case .directory:
                mount = try directory(mounts)
            case .overlay(let layers, let upper, let work, let volatile):
                mount = try overlay(layers.count, upper, work, volatile, mounts)
            case .image(let layers, _, let volatile):
                mount = try overlay(layers.count, "upper", "work", volatile, mounts)
            }
            try Files.makeDirectory("root", mode: 0o700)
            let place = try Files.open("root", O_RDONLY | O_DIRECTORY)
            try Mounts.attach(mount.number, to: place.number, named: "root")
            return RootAssembly(mount: mount, scaffold: scaffold, mounts: mounts)
        } catch {
            throw StageFailure(.root, error)
        }
    }

    /// A small file system in memory, the working directory from now on: what the root is made of is attached to it.
    ///
    /// It goes with the old root.
    private static func raiseScaffold(at stage: borrowing OwnedDescriptor) throws(SyscallError) -> OwnedDescriptor {
        let scaffold = try Mounts.make("tmpfs", options: ["mode=0700", "nr_inodes=96"])
        try Mounts.attach(scaffold.number, to: stage.number, named: "scaffold")
        try Mounts.enter(scaffold.number)
        return scaffold
    }

    private static func directory(_ mounts: borrowing HandedMounts) throws(SyscallError) -> OwnedDescriptor {
        guard let root = mounts.root.first else { throw SyscallError(call: "bind", subject: "root", errno: EINVAL) }
        return OwnedDescriptor(owning: try Descriptors.duplicate(root, from: 3))
    }

    /// Overlayfs is mounted in here, by the jail's root: what it writes is then bound by quotas as the guest is.
    ///
    /// See docs/decisions/0003-overlay-inside.md.
    private static func overlay(
        _ layers: Int,
        _ upper: String,
        _ work: String,
        _ volatile: Bool,
        _ mounts: borrowing HandedMounts
    ) throws(SyscallError) -> OwnedDescriptor {
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
        return try Mounts.make("overlay", options: volatile ? options + ["volatile"] : options)
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
        case .text(let path, let text):
            try show(text, at: path)
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

    /// The file lies in the scaffold, under a name of its own: nothing but this mount leads to it.
    private func show(_ text: String, at path: String) throws(SyscallError) {
        let name = "text-\(path.split(separator: "/").joined(separator: "-"))"
        let file = try Files.open(name, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644, at: scaffold.number)
        try Files.write(file.number, Array(text.utf8), named: path)
        let place = try beneath.openTarget(path, directory: false)
        let mount = try Mounts.clone(name, at: scaffold.number)
        try Mounts.set(
            MountAttribute.readOnly | MountAttribute.noSetuid | MountAttribute.noDevices | MountAttribute.noExecution,
            on: mount.number,
            named: path
        )
        try Mounts.attach(mount.number, to: place.number, named: path)
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
