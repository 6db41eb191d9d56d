import Glibc
import LinuxKernel

/// The root of a jail that does not run, as the jail would see it, on a mount that has no place.
///
/// The kernel itself lays the layers over each other, so whiteouts, opaque directories and copies on write mean exactly
/// what they mean to the jail. Owners are the jail's own ids, 0 to 65,535.
///
/// - Precondition: Single-threaded (the working directory changes for a moment). The caller holds the jail's name: two overlays over one writable directory would harm each other.
public struct MergedRoot: ~Copyable {
    private let mount: OwnedDescriptor
    private let image: OwnedDescriptor?

    /// The root directory; paths in it are looked up with ``BeneathRoot``.
    public var number: Int32 { mount.number }

    /// Merges layers, the lowest first, and the writable layer if changes are to go there.
    public static func open(layers: [String], writable: WritableLayer?) throws(SyscallError) -> MergedRoot {
        var image: OwnedDescriptor?
        var lower = layers
        var options = ["userxattr"]
        var places: [Int32] = []
        defer { for place in places { _ = OwnedDescriptor(owning: place) } }
        if let writable {
            let parent: String
            if writable.hasImage {
                let mounted = try DiskImage.mount(writable.image)
                parent = "/proc/self/fd/\(mounted.number)"
                image = consume mounted
            } else {
                parent = writable.parent
            }
            let place = try Files.open(parent, OpenFlag.readOnlyDirectory | OpenFlag.pathOnly)
            options += ["upperdir=\(place.number)/upper", "workdir=\(place.number)/work"]
            places.append(place.release())
        } else if lower.count == 1 {
            // Overlayfs wants two; one layer alone is shown by a read-only mount of it.
            let alone = try Mounts.clone(lower[0])
            try Mounts.set(MountBit.readOnly, on: alone.number, named: lower[0])
            return MergedRoot(mount: try Files.open(".", OpenFlag.readOnlyDirectory, at: alone.number), image: alone)
        }
        // fsconfig(2) takes 255 bytes: layers are named by their descriptors' numbers, seen from /proc/self/fd.
        for (index, path) in lower.enumerated() {
            let place = try Files.open(path, OpenFlag.readOnlyDirectory | OpenFlag.pathOnly)
            lower[index] = "\(place.number)"
            places.append(place.release())
        }
        let here = try Files.open(".", OpenFlag.readOnlyDirectory | OpenFlag.pathOnly)
        let numbers = try Files.open("/proc/self/fd", OpenFlag.readOnlyDirectory | OpenFlag.pathOnly)
        try Mounts.enter(numbers.number)
        defer { try? Mounts.enter(here.number) }
        options.append("lowerdir=\(lower.reversed().joined(separator: ":"))")
        // The mount's own descriptor names a place only; what is listed and synced has to be open.
        let mount = try Mounts.make("overlay", options: options)
        return MergedRoot(mount: try Files.open(".", OpenFlag.readOnlyDirectory, at: mount.number), image: image)
    }

    private init(mount: consuming OwnedDescriptor, image: consuming OwnedDescriptor?) {
        self.mount = mount
        self.image = image
    }

    /// Ends the mount; what was written is on disk.
    public consuming func close() throws(SyscallError) {
        try FileSystemSpace.sync(mount.number, named: "root")
    }
}

private enum MountBit {
    static let readOnly: UInt64 = 0x1
}
