import Glibc
import Launch
import LinuxKernel

/// New file systems of a container.
struct FileSystemMount {
    private let plan: ContainerPlan
    private let paths: TargetPaths

    init(_ plan: ContainerPlan, _ paths: TargetPaths) {
        self.plan = plan
        self.paths = paths
    }

    func make(_ type: String, _ mount: ContainerMount) throws(SyscallError) {
        // A link in place of /proc or /sys would let the root decide where the kernel's files appear.
        let isKernel = type == "proc" || type == "sysfs"
        let place: MountPlace
        do throws(SyscallError) {
            place = try paths.place(
                mount.target,
                directory: true,
                following: !mount.targetUnfollowed,
                linkFree: isKernel
            )
        } catch  where isKernel && (error.errno == ELOOP || error.errno == ENOTDIR) {
            let subject = "\(mount.target) must be mounted on ordinary directory"
            throw SyscallError(call: "open", subject: subject, errno: error.errno)
        }
        var data = mount.data
        if type == "tmpfs", !place.isNew, !hasMode(data) {
            // A directory that is covered keeps its mode.
            let mode = try Files.status("", at: place.descriptor.number).mode & 0o7777
            data += (data.isEmpty ? "" : ",") + "mode=\(String(mode, radix: 8))"
        }
        // A read-only file system could not take the copies.
        let early = mount.copiesUp ? mount.flags & ~1 : mount.flags
        try mountOrBind(type, mount, on: place.descriptor.number, early, data)
        guard let made = try paths.find(mount.target, following: !mount.targetUnfollowed) else {
            throw SyscallError(call: "open", subject: mount.target, errno: ENOENT)
        }
        if mount.copiesUp {
            try CopyUp.copy(from: place.descriptor.number, to: made.number)
            if mount.flags & 1 != 0 {
                try Mounts.change(made.number, set: MountAttribute.readOnly, named: mount.target)
            }
        }
        try MountAttributes.apply(mount, to: made.number)
        try MountAttributes.propagate(mount, on: made.number)
    }

    private func hasMode(_ data: String) -> Bool {
        data.split(separator: ",").contains { $0.hasPrefix("mode=") }
    }

    /// Some kernel file systems refuse a new instance to those who do not own what it shows; the host's own then is shown
    /// in its place, with the same flags.
    private func mountOrBind(
        _ type: String,
        _ mount: ContainerMount,
        on target: Int32,
        _ flags: UInt,
        _ data: String
    ) throws(SyscallError) {
        do throws(SyscallError) {
            try Mounts.mount(type, source: mount.source, on: target, flags: flags, data: data, named: type)
        } catch {
            switch (type, error.errno) {
            case ("devpts", EINVAL) where data.contains("gid="):
                // The group is not mapped in this user namespace.
                let rest = data.split(separator: ",").filter { !$0.hasPrefix("gid=") }.joined(separator: ",")
                try Mounts.mount(type, source: mount.source, on: target, flags: flags, data: rest, named: type)
            case ("sysfs", EPERM) where !plan.created.contains(.network):
                try bind("/sys", recursive: true, on: target, flags)
            case ("proc", EPERM) where !plan.created.contains(.pid):
                try bind("/proc", recursive: true, on: target, flags)
            case ("mqueue", EPERM) where !plan.created.contains(.ipc):
                try bind("/dev/mqueue", recursive: false, on: target, flags)
            default: throw error
            }
        }
    }

    private func bind(_ source: String, recursive: Bool, on target: Int32, _ flags: UInt) throws(SyscallError) {
        let tree = try Mounts.clone(source, recursive: recursive)
        try Mounts.change(tree.number, set: UInt64(flags & 0xF), named: source)
        try Mounts.attach(tree.number, to: target, named: source)
    }
}

/// Fills a new tmpfs with what the directory under it holds.
enum CopyUp {
    /// Copies files, directories and links with modes and owners; other kinds of files are left out.
    static func copy(from source: Int32, to target: Int32) throws(SyscallError) {
        let folder = try Files.open(".", O_RDONLY | O_DIRECTORY, at: source)
        for entry in try DirectoryEntries.read(folder.number, named: "tmpcopyup") {
            let status = try Files.status(entry.name, at: folder.number)
            if status.isLink {
                try Files.makeLink(entry.name, to: Files.readLink(entry.name, at: folder.number), at: target)
            } else if status.isDirectory {
                try Files.makeDirectory(entry.name, mode: status.mode & 0o7777, at: target)
                let inner = try Files.open(entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: folder.number)
                let made = try Files.open(entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, at: target)
                try copy(from: inner.number, to: made.number)
            } else if status.isRegular {
                try copyFile(entry.name, from: folder.number, to: target, mode: status.mode & 0o7777)
            } else {
                continue
            }
            // Ids that are not mapped here cannot be given away.
            try? Files.setOwner(entry.name, uid: status.uid, gid: status.gid, at: target)
            if !status.isLink { try? Files.setMode(entry.name, status.mode & 0o7777, at: target) }
        }
    }

    private static func copyFile(_ name: String, from: Int32, to: Int32, mode: UInt32) throws(SyscallError) {
        let input = try Files.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, at: from)
        let output = try Files.open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode, at: to)
        while true {
            let bytes = try Files.readSome(input.number, named: name, upTo: 1 << 16)
            if bytes.isEmpty { return }
            try Files.write(output.number, bytes, named: name)
        }
    }
}
