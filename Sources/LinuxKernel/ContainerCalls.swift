import CLinux
import Glibc

extension Processes {
    /// clone3(2) as ``clone(flags:cgroup:)``, but the child becomes a sibling of the caller.
    ///
    /// `CLONE_PARENT`: an intermediate process makes the child for its own parent, who can then wait for it.
    ///
    /// - Returns: The child's id as the caller sees it, nil in the child.
    public static func cloneSibling(flags: UInt64) throws(SyscallError) -> ProcessID? {
        let pid = try checked("clone3", "flags \(flags)", clinux_clone3(flags | 0x8000, nil, 0, -1))
        return pid == 0 ? nil : ProcessID(pid)
    }

    /// A child that another process made for this one, see ``cloneSibling(flags:)``.
    public static func adopt(_ pid: ProcessID) throws(SyscallError) -> ClonedProcess {
        ClonedProcess(pid: pid, pidfd: try open(pid))
    }

    /// A copy of descriptor `number` of the process behind `pidfd`.
    ///
    /// pidfd_getfd(2).
    public static func takeDescriptor(_ number: Int32, of pidfd: Int32) throws(SyscallError) -> OwnedDescriptor {
        let copy = try checked("pidfd_getfd", "descriptor \(number)", clinux_pidfd_getfd(pidfd, number))
        return OwnedDescriptor(owning: Int32(copy))
    }

    /// Executes the file behind an open descriptor; returns only when it failed.
    ///
    /// execveat(2) with an empty path.
    public static func execute(
        descriptor: Int32,
        named path: String,
        _ arguments: [String],
        _ environment: [String]
    ) -> SyscallError {
        let result = unsafe withCStrings(arguments) { argv in
            unsafe withCStrings(environment) { envp in
                unsafe clinux_execveat(descriptor, "", argv, envp, CLINUX_AT_EMPTY_PATH)
            }
        }
        return SyscallError(call: "execveat", subject: path, errno: Int32(-result))
    }

    /// The real user id.
    public static var realUser: UInt32 { UInt32(clinux_getuid()) }

    /// The real group id.
    public static var realGroup: UInt32 { UInt32(clinux_getgid()) }

    /// Clears the signal that ``ProcessAttributes/dieWithParent()`` asked for.
    public static func outliveParent() throws(SyscallError) {
        try checked("prctl PR_SET_PDEATHSIG", "0", clinux_prctl(1, 0, 0, 0, 0))
    }

    /// Whether a process of this id exists and is no zombie; its start time where it does.
    public static func livingStartTime(of pid: ProcessID) -> UInt64? {
        guard pid > 0, let text = try? Files.readText("/proc/\(pid)/stat"), let close = text.lastIndex(of: ")") else {
            return nil
        }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}

extension ProcessAttributes {
    /// Sets a resource limit of another process exactly; `UInt64.max` is unlimited.
    ///
    /// prlimit(2).
    public static func setLimit(
        _ resource: UInt32,
        soft: UInt64,
        hard: UInt64,
        of pid: ProcessID = 0
    ) throws(SyscallError) {
        try checked("prlimit", "resource \(resource)", clinux_prlimit(pid, Int32(resource), soft, hard))
    }

    /// As ``joinNewKeyring()``, with a name for the new keyring.
    public static func joinNewKeyring(named name: String) throws(SyscallError) {
        let result = unsafe clinux_keyctl_join_session(name)
        // A kernel without keyrings, or a quota that others used up, leaves nothing that could be shared by mistake.
        if result == -Int(ENOSYS) || result == -Int(EDQUOT) || result == -Int(EPERM) { return }
        try checked("keyctl", "KEYCTL_JOIN_SESSION_KEYRING", result)
    }

    /// Loads a seccomp filter with `SECCOMP_FILTER_FLAG_*` bits.
    ///
    /// - Returns: The listener's descriptor where flags ask for one (`NEW_LISTENER`, 8), else nil.
    public static func loadFilter(_ program: [UInt8], flags: UInt32) throws(SyscallError) -> Int32? {
        if program.isEmpty { return nil }
        guard program.count % 8 == 0, program.count / 8 <= 4096 else {
            throw SyscallError(call: "seccomp", subject: "program of \(program.count) bytes", errno: EINVAL)
        }
        let result = unsafe program.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_seccomp_set_filter(start, UInt16(bytes.count / 8), flags)
        }
        let value = try checked("seccomp", "SECCOMP_SET_MODE_FILTER", result)
        return flags & 8 != 0 ? Int32(value) : nil
    }

    /// Sets only the supplementary groups.
    public static func setGroups(_ groups: [UInt32]) throws(SyscallError) {
        let result = unsafe groups.withUnsafeBufferPointer { list in
            guard let first = list.baseAddress else { return unsafe clinux_setgroups(0, [0]) }
            return unsafe clinux_setgroups(list.count, first)
        }
        try checked("setgroups", "\(groups.count) groups", result)
    }

    /// Sets real, effective and saved ids, groups left alone.
    public static func become(uid: UInt32, gid: UInt32) throws(SyscallError) {
        try checked("setresgid", "\(gid)", clinux_setresgid(gid))
        try checked("setresuid", "\(uid)", clinux_setresuid(uid))
    }

    /// The calling process' permitted, effective or other set in `/proc/self/status` (`CapPrm`, `CapEff`, …).
    public static func capabilitySet(_ name: String) -> UInt64 {
        guard let text = try? Files.readText("/proc/self/status") else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            return UInt64(line.dropFirst(name.utf8.count + 1).trimmingPrefix("\t"), radix: 16) ?? 0
        }
        return 0
    }
}

extension Files {
    /// Makes a named pipe.
    public static func makePipe(
        _ path: String,
        mode: UInt32,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        try checked("mkfifo", path, unsafe clinux_mknodat(directory, path, S_IFIFO | mode, 0))
    }

    /// Makes a device node, pipe or file: `mode` holds its type.
    public static func makeNode(
        _ path: String,
        mode: UInt32,
        device: UInt64,
        at directory: Int32
    ) throws(SyscallError) {
        try checked("mknod", path, unsafe clinux_mknodat(directory, path, mode, device))
    }

    /// Sets owner and group without following a final link.
    public static func setOwner(
        _ path: String,
        uid: UInt32,
        gid: UInt32,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        let flags = AT_SYMLINK_NOFOLLOW | CLINUX_AT_EMPTY_PATH
        try checked("chown", path, unsafe clinux_fchownat(directory, path, uid, gid, flags))
    }

    /// Sets permission bits.
    public static func setMode(
        _ path: String,
        _ mode: UInt32,
        at directory: Int32 = CLINUX_AT_FDCWD
    ) throws(SyscallError) {
        try checked("chmod", path, unsafe clinux_fchmodat(directory, path, mode))
    }

    /// Whether the file system behind `fd` is mounted read-only.
    public static func isReadOnly(_ fd: Int32) -> Bool { clinux_mount_flags(fd) & 1 == 1 }

    /// Whether the calling process may execute `path`, by its effective ids and capabilities; faccessat2(2).
    public static func mayExecute(_ path: String) -> Bool {
        unsafe clinux_faccessat(CLINUX_AT_FDCWD, path, X_OK) == 0
    }
}

extension Namespaces {
    /// Joins the namespace behind a descriptor; `kind` is its `CLONE_NEW*` bit, and anything else is refused.
    ///
    /// setns(2).
    public static func join(_ descriptor: Int32, kind: UInt64, named name: String) throws(SyscallError) {
        try checked("setns", name, clinux_setns(descriptor, Int32(truncatingIfNeeded: kind)))
    }

    /// Sets the NIS domain name.
    ///
    /// setdomainname(2).
    public static func setDomainName(_ name: String) throws(SyscallError) {
        try checked("setdomainname", name, unsafe clinux_setdomainname(name, name.utf8.count))
    }

    /// Moves a network interface of this namespace into the one behind `namespace`, under the name `renamed`.
    public static func moveLink(_ name: String, as renamed: String, to namespace: Int32) throws(SyscallError) {
        try checked("RTM_NEWLINK", "\(name) as \(renamed)", unsafe clinux_link_move(name, renamed, namespace))
    }

    /// Brings an interface up.
    public static func bringUp(_ name: String) throws(SyscallError) {
        try checked("ioctl SIOCSIFFLAGS", name, unsafe clinux_link_up(name))
    }
}

/// Connections to sockets that a caller of the runtime listens on.
public enum StreamSockets {
    /// Connects to `path`; a path too long for the socket interface is reached through its directory.
    public static func connect(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        if path.utf8.count < 108 {
            return OwnedDescriptor(owning: Int32(try checked("connect", path, unsafe clinux_unix_stream(path))))
        }
        guard let slash = path.lastIndex(of: "/") else {
            throw SyscallError(call: "connect", subject: path, errno: ENAMETOOLONG)
        }
        let folder = try Files.open(String(path[..<slash]), CLINUX_O_PATH | O_DIRECTORY)
        let short = "/proc/self/fd/\(folder.number)/\(path[path.index(after: slash)...])"
        return OwnedDescriptor(owning: Int32(try checked("connect", path, unsafe clinux_unix_stream(short))))
    }

    /// Sends bytes with descriptors in one message.
    public static func send(_ bytes: [UInt8], descriptors: [Int32], to socket: Int32) throws(SyscallError) {
        try checkedRetrying("sendmsg", "socket \(socket)") {
            unsafe bytes.withUnsafeBufferPointer { bytes in
                unsafe descriptors.withUnsafeBufferPointer { fds in
                    guard let start = bytes.baseAddress else { return -Int(EINVAL) }
                    return unsafe clinux_send_with_fds(socket, start, bytes.count, fds.baseAddress, Int32(fds.count), 0)
                }
            }
        }
    }
}

/// Counters that the kernel signals events with.
public enum EventCounters {
    /// A descriptor that becomes readable when something adds to it.
    ///
    /// eventfd(2).
    public static func make() throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("eventfd2", "", clinux_eventfd(0))))
    }
}

extension Files {
    /// Whether the open file is one of procfs.
    public static func isProcess(_ fd: Int32) throws(SyscallError) -> Bool {
        var type: Int64 = 0
        var size: UInt64 = 0
        var blocks: UInt64 = 0
        var free: UInt64 = 0
        let path = "/proc/self/fd/\(fd)"
        try checked("statfs", path, unsafe clinux_statfs(path, &type, &size, &blocks, &free))
        return type == 0x9fa0
    }
}

extension ProcessAttributes {
    /// The file mode creation mask, which can only be read by setting it.
    public static func creationMask() -> UInt32 {
        let mask = UInt32(clinux_umask(0o077))
        _ = clinux_umask(mask)
        return mask
    }
}

extension Files {
    /// Whether the calling process may write to `path`.
    public static func mayWrite(_ path: String) -> Bool {
        unsafe clinux_faccessat(CLINUX_AT_FDCWD, path, W_OK) == 0
    }
}

extension Terminals {
    /// Lets a terminal write line ends as programs write them: for output that goes into a file.
    public static func keepLineEnds(_ master: Int32) {
        _ = clinux_tty_plain_newlines(master)
    }
}
