import Glibc
import LinuxKernel

/// What a jail keeps on disk and may keep, asked from whatever binds it.
///
/// Nothing is written down about a binding: the kernel's own marks on the jail's directory say it.
public struct DiskAccount: Equatable, Sendable {
    /// What holds the jail to its limit; nil when nothing does.
    public let binding: DiskBinding?
    /// Use and limits.
    public let use: QuotaUse
    /// What the binding is called in the kernel: `project 2147489024`, `group 1/4711`, `/dev/loop7`.
    public let kernelName: String

    /// The account of the jail with this state directory; nil for one without a writable layer.
    public static func of(_ stateDirectory: String) throws(SyscallError) -> DiskAccount? {
        let layer = WritableLayer(stateDirectory: stateDirectory)
        if layer.hasImage { return try image(layer.image) }
        guard Files.exists(layer.parent) else { return nil }
        let folder = try Files.open(layer.parent, OpenFlag.readOnlyDirectory)
        if let project = DiskProject.of(folder.number) {
            let use = try ProjectQuota.use(of: project, on: folder.number, named: stateDirectory)
            return DiskAccount(binding: .projectQuota, use: use, kernelName: "project \(project)")
        }
        let group = Btrfs.group(try Files.status(stateDirectory).inode)
        if Btrfs.isSubvolume(try Files.status("", at: folder.number)),
            let use = try? Btrfs.use(of: group, on: folder.number, named: stateDirectory)
        {
            return DiskAccount(binding: .quotaGroup, use: use, kernelName: "group 1/\(group & (1 << 48 - 1))")
        }
        let nothing = QuotaUse(space: 0, spaceLimit: 0, inodes: 0, inodeLimit: 0)
        return DiskAccount(binding: nil, use: nothing, kernelName: "")
    }

    private static func image(_ path: String) throws(SyscallError) -> DiskAccount {
        let mount = try DiskImage.mount(path)
        let space = try FileSystemSpace.of(mount.number, named: path)
        let use = QuotaUse(
            space: space.used,
            spaceLimit: space.size,
            inodes: space.files - space.freeFiles,
            inodeLimit: space.files
        )
        return DiskAccount(binding: .image, use: use, kernelName: path)
    }

    /// Gives a jail another limit, while it runs or not.
    ///
    /// - Parameters:
    ///   - limit: The new limit; 0 takes one away (an image keeps the one it has).
    ///   - stateDirectory: The jail's.
    ///   - isRunning: An image can grow under a running jail, and shrink only under a stopped one.
    /// - Throws: ``DiskRefusal`` with the figures where the jail keeps more than that already, or why it cannot be done;
    ///   the old limit holds then.
    public static func resize(to limit: DiskLimit, _ stateDirectory: String, isRunning: Bool) throws(DiskRefusal) {
        do throws(SyscallError) {
            guard let account = try of(stateDirectory), let binding = account.binding else {
                throw refusal("the jail was made without a disk limit: only one that has a limit can get another")
            }
            try check(limit, account.use)
            let layer = WritableLayer(stateDirectory: stateDirectory)
            switch binding {
            case .projectQuota:
                let folder = try Files.open(layer.parent, OpenFlag.readOnlyDirectory)
                guard let project = DiskProject.of(folder.number) else { throw refusal("its project is gone") }
                let (space, inodes) = (limit.space, limit.inodes)
                try ProjectQuota.setLimits(
                    of: project,
                    space: space,
                    inodes: inodes,
                    on: folder.number,
                    named: stateDirectory
                )
            case .quotaGroup:
                guard limit.inodes == 0 else { throw refusal("btrfs quota groups count no inodes") }
                let folder = try Files.open(stateDirectory, OpenFlag.readOnlyDirectory)
                let group = Btrfs.group(try Files.status(stateDirectory).inode)
                try Btrfs.setLimit(of: group, space: limit.space, on: folder.number, named: stateDirectory)
            case .image:
                try ImageResize(path: layer.image, use: account.use, isRunning: isRunning).run(limit)
            }
        } catch {
            throw DiskRefusal(reason: error.call == refused ? error.subject : "\(error)")
        }
    }

    private static func check(_ limit: DiskLimit, _ use: QuotaUse) throws(SyscallError) {
        if limit.space != 0, limit.space < use.space {
            throw refusal("it keeps \(use.space) bytes already, which is more than \(limit.space)")
        }
        if limit.inodes != 0, limit.inodes < use.inodes {
            throw refusal("it keeps \(use.inodes) files and directories already, which is more than \(limit.inodes)")
        }
    }

    private static let refused = "refused"

    static func refusal(_ reason: String) -> SyscallError {
        SyscallError(call: refused, subject: reason, errno: EPERM)
    }
}

/// Gives an image another size.
private struct ImageResize {
    let path: String
    let use: QuotaUse
    let isRunning: Bool

    func run(_ limit: DiskLimit) throws(SyscallError) {
        guard limit.inodes == 0 else {
            throw DiskAccount.refusal("the number of inodes of an image is settled when it is made")
        }
        guard limit.space != 0 else { throw DiskAccount.refusal("an image has a size: name one") }
        let file = try Files.open(path, O_RDWR | O_NOFOLLOW)
        let now = UInt64(try Files.status("", at: file.number).size)
        let inodes = use.inodeLimit
        let wanted = DiskImage.Shape(DiskLimit(space: limit.space, inodes: inodes)).size
        if isRunning {
            guard wanted >= now else {
                throw DiskAccount.refusal("an image cannot shrink under a running jail: stop it first")
            }
            return try grow(file.number, to: wanted)
        }
        if wanted > now { try Files.truncate(file.number, to: wanted, named: path) }
        try HostProgram.run(["e2fsck", "-f", "-p", path], accepted: [0, 1])
        try HostProgram.run(["resize2fs", path, "\(wanted / 1024)K"])
        try Files.truncate(file.number, to: wanted, named: path)
    }

    private func grow(_ file: Int32, to size: UInt64) throws(SyscallError) {
        try Files.truncate(file, to: size, named: path)
        // Mounted here or by the jail, it is one file system, and it grows as such.
        let mount = try DiskImage.mount(path)
        guard let loop = LoopDevice.existing(for: try Files.status(path)) else {
            throw SyscallError(call: "loop", subject: path, errno: ENODEV)
        }
        try LoopDevice.takeNewSize(loop.number, named: path)
        // The mount's own descriptor names a place only.
        let folder = try Files.open(".", OpenFlag.readOnlyDirectory, at: mount.number)
        do throws(SyscallError) {
            try LoopDevice.growFileSystem(folder.number, to: size, named: path)
        } catch  where error.errno == EPERM {
            throw DiskAccount.refusal(
                "an image grows under a running jail only for who has CAP_SYS_RESOURCE: stop the jail first"
            )
        }
    }
}
