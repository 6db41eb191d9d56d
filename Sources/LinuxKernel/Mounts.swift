import CLinux
import Glibc

/// The mount calls of Linux 5.2 and later: mounts are descriptors until they are put somewhere.
///
/// A mount that has no path yet cannot be seen, raced or redirected, which is why Bailey uses nothing older.
public enum Mounts {
    /// Stops all mount events between this mount namespace and others.
    ///
    /// - Precondition: Own mount namespace.
    public static func makeAllPrivate() throws(SyscallError) {
        let recursive: UInt32 = 0x8000
        let result = unsafe clinux_mount_setattr(CLINUX_AT_FDCWD, "/", recursive, 0, 0, UInt64(1 << 18), -1)
        try checked("mount_setattr", "/ (private)", result)
    }

    /// A new file system instance that is mounted nowhere yet.
    ///
    /// fsopen(2), fsconfig(2), fsmount(2).
    ///
    /// `options`: `key=value`, or a flag without `=`.
    public static func make(
        _ type: String,
        options: [String] = [],
        attributes: UInt64 = 0
    ) throws(SyscallError) -> OwnedDescriptor {
        let context = OwnedDescriptor(owning: Int32(try checked("fsopen", type, unsafe clinux_fsopen(type, 0))))
        for option in options { try set(option, on: context, of: type) }
        try configure(context, 6, nil, nil, type)
        let mount = try checked("fsmount", type, clinux_fsmount(context.number, 0, UInt32(attributes)))
        return OwnedDescriptor(owning: Int32(mount))
    }

    private static func set(
        _ option: String,
        on context: borrowing OwnedDescriptor,
        of type: String
    ) throws(SyscallError) {
        guard let equals = option.firstIndex(of: "=") else { return try configure(context, 0, option, nil, type) }
        let value = String(option[option.index(after: equals)...])
        try configure(context, 1, String(option[..<equals]), value, type)
    }

    // Commands of enum fsconfig_command: 0 SET_FLAG, 1 SET_STRING, 6 CMD_CREATE.
    private static func configure(
        _ context: borrowing OwnedDescriptor,
        _ command: UInt32,
        _ key: String?,
        _ value: String?,
        _ type: String
    ) throws(SyscallError) {
        let result: Int
        switch (key, value) {
        case (let key?, let value?): result = unsafe clinux_fsconfig(context.number, command, key, value, 0)
        case (let key?, nil): result = unsafe clinux_fsconfig(context.number, command, key, nil, 0)
        default: result = clinux_fsconfig(context.number, command, nil, nil, 0)
        }
        if result >= 0 { return }
        // The context keeps the file system's own words, which say more than the number.
        let words = (try? Files.readSome(context.number, named: type, upTo: 512)) ?? []
        let said = String(decoding: words, as: UTF8.self).split(separator: "\n").joined(separator: ", ")
        let subject = [type, key.map { "\($0)\(value.map { "=" + $0 } ?? "")" }, said.isEmpty ? nil : "(\(said))"]
        throw SyscallError(
            call: "fsconfig",
            subject: subject.compactMap(\.self).joined(separator: " "),
            errno: Int32(-result)
        )
    }

    /// A second, detached mount of what `path` shows.
    ///
    /// open_tree(2) with `OPEN_TREE_CLONE`.
    ///
    /// `path`: Relative to `directory`; empty for the descriptor itself.
    public static func clone(
        _ path: String,
        recursive: Bool = false,
        following: Bool = true,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) -> OwnedDescriptor {
        let flags: UInt32 = 1 | 0x1000 | (recursive ? 0x8000 : 0) | (following ? 0 : 0x100)
        let fd = try checked("open_tree", path, unsafe clinux_open_tree(directory, path, flags))
        return OwnedDescriptor(owning: Int32(fd))
    }

    /// Sets `MOUNT_ATTR_*` bits on a mount, and on all below it when `recursive`.
    ///
    /// mount_setattr(2).
    public static func set(
        _ attributes: UInt64,
        on mount: Int32,
        named name: String,
        recursive: Bool = false
    ) throws(SyscallError) {
        let flags: UInt32 = 0x1000 | (recursive ? 0x8000 : 0)
        let result = unsafe clinux_mount_setattr(mount, "", flags, attributes, 0, 0, -1)
        try checked("mount_setattr", name, result)
    }

    /// Takes a mount, and all below it when `recursive`, out of its peer group.
    ///
    /// mount_namespaces(7).
    ///
    /// A clone stays a peer of what it was cloned from: on a host whose mounts are shared, as systemd makes them, every
    /// mount that a guest makes below it would appear on the host.
    public static func makePrivate(_ mount: Int32, named name: String, recursive: Bool = false) throws(SyscallError) {
        let flags: UInt32 = 0x1000 | (recursive ? 0x8000 : 0)
        let result = unsafe clinux_mount_setattr(mount, "", flags, 0, 0, UInt64(1 << 18), -1)
        try checked("mount_setattr", "\(name) (private)", result)
    }

    /// Shifts the owners that a detached mount shows by the map of `userNamespace`.
    ///
    /// mount_setattr(2), idmapped mounts.
    ///
    /// - Precondition: `CAP_SYS_ADMIN` in the user namespace of the file system, so the launcher does this.
    public static func shift(
        _ mount: Int32,
        named name: String,
        by userNamespace: Int32,
        recursive: Bool = false
    ) throws(SyscallError) {
        let flags: UInt32 = 0x1000 | (recursive ? 0x8000 : 0)
        let result = unsafe clinux_mount_setattr(mount, "", flags, 0x0010_0000, 0, 0, userNamespace)
        try checked("mount_setattr", "\(name) (idmap)", result)
    }

    /// Puts a mount where the descriptor `target` points.
    ///
    /// move_mount(2).
    public static func attach(_ mount: Int32, to target: Int32, named name: String) throws(SyscallError) {
        try checked("move_mount", name, unsafe clinux_move_mount(mount, "", target, "", 0x4 | 0x40))
    }

    /// Makes the directory behind a descriptor the working directory.
    ///
    /// fchdir(2).
    public static func enter(_ directory: Int32) throws(SyscallError) {
        try checked("fchdir", "descriptor \(directory)", clinux_fchdir(directory))
    }

    /// Makes the mount behind `root` the caller's `/` and detaches the old root.
    ///
    /// `pivot_root(".", ".")` stacks the old root on the new one, from where it is unmounted lazily; no `put_old`
    /// directory has to exist inside the jail, and a read-only root works.
    ///
    /// - Parameter root: A descriptor of a directory that is a mount point in the current namespace.
    /// - Throws: ``SyscallError`` naming the step that failed. The process is then between two roots: the caller must
    ///   exit, never continue.
    /// - Precondition: Single-threaded, in its own mount namespace, with `CAP_SYS_ADMIN` there.
    /// - SeeAlso: pivot_root(2), NOTES; mount_namespaces(7).
    public static func pivot(to root: Int32) throws(SyscallError) {
        try checked("fchdir", "new root", clinux_fchdir(root))
        try checked("pivot_root", "new root", unsafe clinux_pivot_root(".", "."))
        try checked("umount2", "old root", unsafe clinux_umount2(".", detachLazily))
        try checked("chdir", "/", unsafe clinux_chdir("/"))
    }

    private static let detachLazily: Int32 = 2

    /// Unmounts what is at `path` on the host side, lazily.
    ///
    /// umount2(2).
    public static func detach(_ path: String) throws(SyscallError) {
        try checked("umount2", path, unsafe clinux_umount2(path, Self.detachLazily | 8))
    }
}
