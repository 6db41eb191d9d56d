import LinuxKernel

/// What a jail mounts on, present in every rootfs so that a read-only one works too.
enum Mountpoints {
    static func make(in tree: RootedTree) throws(SyscallError) {
        for (path, mode) in [
            ("/dev", 0o755), ("/proc", 0o555), ("/sys", 0o555), ("/run", 0o755), ("/tmp", 0o1777), ("/etc", 0o755),
        ] as [(String, UInt32)] {
            let host = try tree.hostPath(path)
            // What an archive made of these names stays: the jail's own set-up copes with it, or refuses.
            if !Files.exists(host) { try tree.makeDirectory(path, uid: 0, gid: 0, mode: mode) }
        }
        for path in ["/etc/resolv.conf", "/etc/hosts", "/etc/hostname"] {
            guard let host = try? tree.hostPath(path), !Files.exists(host) else { continue }
            try tree.write(path, Array((path == "/etc/hosts" ? "127.0.0.1 localhost\n" : "").utf8))
        }
    }
}

/// Removes what must not be in a template: traces of how it was made, which differ each time, and what jails made from
/// it must not share.
enum RootfsCleanup {
    static func clean(_ tree: RootedTree) throws(SyscallError) {
        for path in directoriesToEmpty { try tree.empty(path) }
        for path in cachesToEmpty { try tree.removeFiles(below: path) }
        for path in filesToRemove { try tree.remove(path) }
        try removeBackups(in: tree)
        // Each jail gets its own; an empty file says so, see machine-id(5).
        if let id = try? tree.hostPath("/etc/machine-id"), Files.exists(id) {
            try tree.write("/etc/machine-id", [], mode: 0o444)
        }
        // mmdebstrap copies the host's.
        for path in ["/etc/resolv.conf", "/etc/hostname"] {
            guard let host = try? tree.hostPath(path), (try? Files.status(host))?.isRegular == true else {
                continue
            }
            try tree.write(path, [])
        }
        try Mountpoints.make(in: tree)
    }

    private static let directoriesToEmpty = [
        "/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp",
    ]

    // apt's own directories in them stay: their owners are not root.
    private static let cachesToEmpty = ["/var/lib/apt/lists", "/var/cache/apt"]

    private static let filesToRemove = [
        "/var/log/dpkg.log", "/var/log/alternatives.log", "/var/log/bootstrap.log", "/var/log/fontconfig.log",
        "/var/log/apt/history.log", "/var/log/apt/term.log", "/var/log/apt/eipp.log.xz", "/var/log/faillog",
        "/var/log/lastlog", "/var/log/btmp", "/var/log/wtmp", "/var/cache/ldconfig/aux-cache",
        "/var/lib/dbus/machine-id", "/var/lib/systemd/random-seed", "/var/lib/urandom/random-seed",
        "/var/cache/bailey", "/etc/.pwd.lock", "/.bailey-template",
    ]

    // Programs that edit these files keep the version before, which depends on the order of installation.
    private static func removeBackups(in tree: RootedTree) throws(SyscallError) {
        for name in ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"] { try tree.remove("/etc/\(name)-") }
        for folder in ["/var/lib/dpkg", "/var/cache/debconf"] {
            guard let host = try? tree.followed(folder), let names = try? Files.list(host) else { continue }
            for name in names where name.hasSuffix("-old") { try tree.remove("\(folder)/\(name)") }
        }
    }
}
