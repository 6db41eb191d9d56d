import LinuxKernel

/// What a jail may keep on disk; 0 is no limit.
public struct DiskLimit: Equatable, Sendable {
    /// Bytes.
    public var space: UInt64
    /// Files and directories.
    public var inodes: UInt64

    /// Makes a limit.
    public init(space: UInt64 = 0, inodes: UInt64 = 0) {
        self.space = space
        self.inodes = inodes
    }

    /// Whether there is anything to enforce.
    public var isSet: Bool { space != 0 || inodes != 0 }
}

/// What holds a jail to its disk limit.
public enum DiskBinding: String, Equatable, Sendable, CaseIterable {
    /// A project of ext4 or XFS: space and inodes, and `df` inside shows them.
    case projectQuota = "project quota"
    /// A quota group of btrfs over the jail's subvolumes: space only.
    case quotaGroup = "btrfs quota group"
    /// A file system of the jail's own in a file: space and inodes, and `df` inside shows them.
    case image = "image file"

    /// What binds a limit in this directory of the host.
    ///
    /// The cheapest that enforces all of it: a few ioctls for a project, a loop device and a `mkfs` for an image.
    ///
    /// - Returns: The binding, or why there is none.
    public static func find(for limit: DiskLimit, at directory: String) -> Result<DiskBinding, DiskRefusal> {
        do throws(SyscallError) {
            let folder = try Files.open(directory, OpenFlag.readOnlyDirectory)
            let kind = try FileSystemSpace.of(folder.number, named: directory).kind
            switch kind {
            case .ext4, .xfs: if ProjectQuota.isEnforced(on: folder.number) { return .success(.projectQuota) }
            // A quota group counts no files.
            case .btrfs: if limit.inodes == 0, Btrfs.hasQuotas(on: folder.number) { return .success(.quotaGroup) }
            default: break
            }
            guard Files.exists("/dev/loop-control") else {
                return .failure(DiskRefusal(reason: "\(directory) has no quotas and the kernel no loop devices"))
            }
            guard HostProgram.find("mkfs.ext4") != nil else {
                return .failure(DiskRefusal(reason: "\(directory) has no quotas, and mkfs.ext4 is not installed"))
            }
            return .success(.image)
        } catch {
            return .failure(DiskRefusal(reason: "\(error)"))
        }
    }

    /// What would bind better here, for `doctor`; empty where nothing would.
    public static func advice(at directory: String) -> String {
        guard let folder = try? Files.open(directory, OpenFlag.readOnlyDirectory),
            let kind = try? FileSystemSpace.of(folder.number, named: directory).kind
        else { return "" }
        switch kind {
        case .ext4 where !ProjectQuota.isEnforced(on: folder.number):
            return "cheaper limits: tune2fs -O project,quota on the unmounted file system, then mount it with prjquota"
        case .xfs where !ProjectQuota.isEnforced(on: folder.number):
            return "cheaper limits: mount the file system with prjquota (the kernel needs CONFIG_XFS_QUOTA)"
        case .btrfs where !Btrfs.hasQuotas(on: folder.number):
            return "cheaper limits: btrfs quota enable on the file system that holds \(directory)"
        default: return ""
        }
    }
}

/// Why a disk limit cannot be held.
public struct DiskRefusal: Error, Equatable, Sendable {
    /// Lower case, without a full stop.
    public let reason: String

    /// Makes a refusal.
    public init(reason: String) {
        self.reason = reason
    }
}

extension OpenFlag {
    /// A directory, to be listed and asked about.
    public static let readOnlyDirectory: Int32 = 0o200000
}
