import Glibc
import LinuxKernel

/// What a jail writes to, below its state directory: a directory pair for overlayfs, or an image that holds one.
///
///     rw/upper, rw/work      under a project or quota group, or without a limit
///     disk.img               an ext4 of the jail's own, with `upper` and `work` in it
public struct WritableLayer: Equatable, Sendable {
    /// The jail's state directory.
    public let stateDirectory: String
    private let name: String

    /// The layer of the jail with this state directory.
    ///
    /// `name`: What the directory is called; another while it is being made ready.
    public init(stateDirectory: String, name: String = "rw") {
        self.stateDirectory = stateDirectory
        self.name = name
    }

    /// The directory that holds both parts.
    public var parent: String { "\(stateDirectory)/\(name)" }
    /// What the guest has changed.
    public var upper: String { parent + "/upper" }
    /// Scratch space of overlayfs.
    public var work: String { parent + "/work" }
    /// The image, for a jail that has one.
    public var image: String { DiskImage.path(in: stateDirectory) }

    /// Whether the jail has an image.
    public var hasImage: Bool { Files.exists(image) }

    /// Whether anything has been made yet.
    public var isMade: Bool { Files.exists(work) || hasImage }

    /// Makes it, held to `limit` by `binding`; owned by host root: the idmapped mount shows that as the jail's root.
    ///
    /// The limit is there before the first file can be.
    public func make(_ limit: DiskLimit = DiskLimit(), _ binding: DiskBinding? = nil) throws(SyscallError) {
        switch binding {
        case nil: try Files.makeDirectory(parent, mode: 0o700)
        case .projectQuota?:
            try Files.makeDirectory(parent, mode: 0o700)
            try DiskProject.assign(parent, stateDirectory: stateDirectory, limit)
        case .quotaGroup?: try makeSubvolume(limit)
        case .image?: return try DiskImage.make(image, limit)
        }
        try Files.makeDirectory(upper, mode: 0o755)
        try Files.makeDirectory(work, mode: 0o700)
    }

    /// Makes another one like `old`: in the same project or quota group.
    func makeSuccessor(of old: WritableLayer) throws(SyscallError) {
        let folder = try Files.open(old.parent, OpenFlag.readOnlyDirectory)
        if Btrfs.isSubvolume(try Files.status("", at: folder.number)),
            try FileSystemSpace.of(folder.number, named: parent).kind == .btrfs
        {
            try makeSubvolume(nil)
        } else {
            try Files.makeDirectory(parent, mode: 0o700)
            if let project = DiskProject.of(folder.number) {
                let made = try Files.open(parent, OpenFlag.readOnlyDirectory)
                try ProjectQuota.setProject(of: made.number, to: project, inherits: true, named: parent)
            }
        }
        try Files.makeDirectory(upper, mode: 0o755)
        try Files.makeDirectory(work, mode: 0o700)
    }

    private func makeSubvolume(_ limit: DiskLimit?) throws(SyscallError) {
        let folder = try Files.open(stateDirectory, OpenFlag.readOnlyDirectory)
        let group = Btrfs.group(try Files.status("", at: folder.number).inode)
        if let limit {
            try Btrfs.makeGroup(group, on: folder.number, named: stateDirectory)
            try Btrfs.setLimit(of: group, space: limit.space, on: folder.number, named: stateDirectory)
        }
        try Btrfs.makeSubvolume(name, in: folder.number)
        let made = try Files.open(parent, OpenFlag.readOnlyDirectory)
        let subvolume = try Btrfs.subvolume(of: made.number, named: parent)
        // A jail without a limit has no group; its successor has none either.
        guard limit != nil || (try? Btrfs.use(of: group, on: folder.number, named: parent)) != nil else { return }
        try Btrfs.assign(subvolume, to: group, on: folder.number, named: parent)
    }
}
