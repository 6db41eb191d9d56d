import Glibc
import Launch
import LinuxKernel

/// Device nodes, pipes and links of a container.
struct ContainerDevices {
    private let paths: TargetPaths

    init(_ paths: TargetPaths) {
        self.paths = paths
    }

    func make(_ plan: ContainerPlan) throws(ContainerFailure) {
        for device in plan.devices {
            do throws(SyscallError) {
                try make(device)
            } catch {
                throw ContainerFailure(.devices, "device `\(device.path)`: \(error)", errno: error.errno)
            }
        }
        try step(.devices) { () throws(SyscallError) in
            for link in plan.links { try make(link) }
        }
    }

    private func make(_ device: DeviceNode) throws(SyscallError) {
        let number = DeviceNumber.make(device.major, device.minor)
        if device.bound {
            let tree = try Mounts.clone(device.path)
            let place = try paths.place(device.path, directory: false)
            return try Mounts.attach(tree.number, to: place.descriptor.number, named: device.path)
        }
        let parent = try paths.parent(of: device.path)
        do throws(SyscallError) {
            try Files.makeNode(parent.name, mode: device.mode, device: number, at: parent.folder.number)
        } catch  where error.errno == EEXIST {
            // The very node is welcome; anything else at its place is what the specification calls an error.
            let status = try Files.status(parent.name, at: parent.folder.number)
            let isSame =
                status.mode & S_IFMT == device.mode & S_IFMT
                && (!status.isDevice || status.representedDevice == number)
            guard isSame else { throw error }
        } catch  where error.errno == EPERM && device.mode & S_IFMT != S_IFIFO {
            // No nodes for this caller: the host's own, if it is the same device.
            let status = try Files.status(device.path, following: true)
            guard status.isDevice, status.representedDevice == number else { throw error }
            let tree = try Mounts.clone(device.path)
            let place = try paths.place(device.path, directory: false)
            return try Mounts.attach(tree.number, to: place.descriptor.number, named: device.path)
        }
        // The mode is exact, since the creation mask is empty here; the owner is the container's root so far.
        if device.uid != 0 || device.gid != 0 {
            try Files.setOwner(parent.name, uid: device.uid, gid: device.gid, at: parent.folder.number)
        }
    }

    private func make(_ link: SymbolicLinkStep) throws(SyscallError) {
        if !link.condition.isEmpty, try paths.find(link.condition, following: false) == nil { return }
        let parent = try paths.parent(of: link.path)
        if link.replaces, Files.exists(parent.name, at: parent.folder.number) {
            do { try Files.remove(parent.name, at: parent.folder.number) } catch  where error.errno == EBUSY { return }
        }
        do throws(SyscallError) {
            try Files.makeLink(parent.name, to: link.target, at: parent.folder.number)
        } catch  where error.errno == EEXIST || error.errno == EROFS {
            // The root brings its own.
        }
    }
}
