import Glibc
import Launch
import LinuxKernel

/// Opens what the jail gets from the host, shifts it by the jail's id map, and hands it over as descriptors.
///
/// This is done outside because idmapping needs privileges over the file system itself, and because a path is
/// looked up here before anything of the guest runs.
enum SourceMounts {
    /// Sends the root (or its layers and the writable directory), then every bind source, sixteen a packet.
    static func send(_ plan: LaunchPlan, to child: borrowing JailChild) throws(SyscallError) {
        let users = try Namespaces.openUserNamespace(of: child.process.pid)
        var mounts: [Int32] = []
        // Plain numbers, because arrays cannot hold owners: closed below whatever happens.
        defer { for mount in mounts { _ = OwnedDescriptor(owning: mount) } }
        for source in plan.mountSources {
            let mount = try open(source, plan)
            // Before the guest can mount anything below it: the host must not see that.
            try Mounts.makePrivate(mount.number, named: source.path, recursive: source.recursive)
            if source.shifted {
                try Mounts.shift(mount.number, named: source.path, by: users.number, recursive: source.recursive)
            }
            mounts.append(mount.release())
        }
        var rest = mounts[...]
        repeat {
            let packet = rest.prefix(Message.descriptorsPerPacket)
            rest = rest.dropFirst(packet.count)
            try child.socket.send(Message.mapped(more: !rest.isEmpty).bytes, descriptors: Array(packet))
        } while !rest.isEmpty
    }

    /// A mount of a directory as the host has it; of an image its file system, which nothing else has mounted.
    private static func open(_ source: BindSource, _ plan: LaunchPlan) throws(SyscallError) -> OwnedDescriptor {
        if case .image(_, let image, _) = plan.root, source.path == image { return try LoopDevice.mount(image) }
        return try Mounts.clone(source.path, recursive: source.recursive)
    }
}

extension LaunchPlan {
    /// Every host path whose mount is handed to the jail, in the order of the descriptors.
    var mountSources: [BindSource] {
        rootPaths.map { BindSource(path: $0, recursive: false, shifted: true) } + sources
    }

    private var rootPaths: [String] {
        switch root {
        case .directory(let path, _): [path]
        case .overlay(let layers, let upper, _, _):
            // Upper and work directory are siblings, and overlayfs wants them on one mount: their parent goes over.
            layers + [Self.parent(of: upper)]
        case .image(let layers, let image, _): layers + [image]
        }
    }

    private static func parent(of path: String) -> String {
        String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    }
}
