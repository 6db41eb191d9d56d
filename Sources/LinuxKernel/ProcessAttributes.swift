import CLinux
import Glibc

/// What a process gives up or sets on itself before it runs somebody else's program.
public enum ProcessAttributes {
    /// Calls this process `name` and erases the command line and environment that it was started with.
    ///
    /// A process keeps both across clone: as PID 1 of a jail it would show the guest how the host started it.
    ///
    /// proc_pid_cmdline(5), `PR_SET_NAME` of prctl(2).
    public static func forgetArguments(as name: String) {
        unsafe clinux_forget_arguments(name)
    }

    /// While false, no other process may trace this one or read its memory, descriptors or executable through procfs.
    public static func setDumpable(_ allowed: Bool) throws(SyscallError) {
        try checked("prctl PR_SET_DUMPABLE", "", clinux_prctl(4, allowed ? 1 : 0, 0, 0, 0))
    }

    /// Lets the kernel kill this process when its parent dies.
    ///
    /// Cleared by the kernel at setuid execs only.
    ///
    /// The parent may be gone before this call: the caller compares its parent's id afterwards.
    public static func dieWithParent() throws(SyscallError) {
        try checked("prctl PR_SET_PDEATHSIG", "", clinux_prctl(1, UInt(SIGKILL), 0, 0, 0))
    }

    /// Makes orphans below this process its children.
    ///
    /// prctl(2), `PR_SET_CHILD_SUBREAPER`.
    public static func adoptOrphans() throws(SyscallError) {
        try checked("prctl PR_SET_CHILD_SUBREAPER", "", clinux_prctl(36, 1, 0, 0, 0))
    }

    /// Renames the process as ps(1) shows it; 15 bytes at most.
    public static func setName(_ name: String) {
        _ = unsafe name.withCString { clinux_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }
    }

    /// No execve(2) from here on gives a privilege.
    ///
    /// Irrevocable.
    public static func refuseNewPrivileges() throws(SyscallError) {
        try checked("prctl PR_SET_NO_NEW_PRIVS", "", clinux_prctl(38, 1, 0, 0, 0))
    }

    /// Keeps permitted capabilities across a change of all user ids.
    public static func keepCapabilitiesAcrossSetuid() throws(SyscallError) {
        try checked("prctl PR_SET_KEEPCAPS", "", clinux_prctl(8, 1, 0, 0, 0))
    }

    /// Sets real, effective and saved ids and the supplementary groups; groups first, since a plain user may not.
    public static func become(uid: UInt32, gid: UInt32, groups: [UInt32]) throws(SyscallError) {
        let result = unsafe groups.withUnsafeBufferPointer { list in
            // An empty list has no address; the kernel does not look at one then.
            guard let first = list.baseAddress else { return unsafe clinux_setgroups(0, [0]) }
            return unsafe clinux_setgroups(list.count, first)
        }
        try checked("setgroups", "\(groups.count) groups", result)
        try checked("setresgid", "\(gid)", clinux_setresgid(gid))
        try checked("setresuid", "\(uid)", clinux_setresuid(uid))
    }

    /// Sets a resource limit; `UInt64.max` is unlimited.
    ///
    /// getrlimit(2).
    ///
    /// A hard limit above the present one needs `CAP_SYS_RESOURCE` on the host. Where that is missing the present one
    /// stays, which is stricter than what was asked, and the soft limit goes as near as it allows.
    public static func limit(_ resource: UInt32, soft: UInt64, hard: UInt64) throws(SyscallError) {
        let result = clinux_prlimit(0, Int32(resource), soft, hard)
        guard result == -Int(EPERM) else {
            try checked("prlimit", "resource \(resource)", result)
            return
        }
        let present = try presentLimit(resource)
        let stricter = clinux_prlimit(0, Int32(resource), min(soft, present.hard), min(hard, present.hard))
        try checked("prlimit", "resource \(resource)", stricter)
    }

    /// Raises a hard limit so that a child may be given it; a lower `hard` and a host that does not allow it change
    /// nothing.
    ///
    /// The soft limit stays, since it binds this process too.
    public static func raiseHardLimit(_ resource: UInt32, to hard: UInt64) throws(SyscallError) {
        let present = try presentLimit(resource)
        if hard > present.hard { _ = clinux_prlimit(0, Int32(resource), present.soft, hard) }
    }

    private static func presentLimit(_ resource: UInt32) throws(SyscallError) -> (soft: UInt64, hard: UInt64) {
        var soft: UInt64 = 0
        var hard: UInt64 = 0
        let result = unsafe clinux_prlimit_get(Int32(resource), &soft, &hard)
        try checked("prlimit", "resource \(resource)", result)
        return (soft, hard)
    }

    /// Replaces the session keyring with a new, empty one.
    ///
    /// keyctl(2).
    ///
    /// A kernel without keyrings answers `ENOSYS`: then there is nothing to separate.
    public static func joinNewKeyring() throws(SyscallError) {
        let result = clinux_keyctl_join_session(nil)
        if result == -Int(ENOSYS) { return }
        try checked("keyctl", "KEYCTL_JOIN_SESSION_KEYRING", result)
    }

    /// Loads a seccomp filter, for good; an empty program means none.
    ///
    /// seccomp(2).
    ///
    /// `program`: `struct sock_filter` entries of 8 bytes each.
    /// - Precondition: no_new_privs is set, or `CAP_SYS_ADMIN` in the own user namespace.
    public static func loadFilter(_ program: [UInt8]) throws(SyscallError) {
        // Said out loud, because whether an empty array has an address is not ours to know.
        if program.isEmpty { return }
        guard program.count % 8 == 0, program.count / 8 <= 4096 else {
            throw SyscallError(call: "seccomp", subject: "program of \(program.count) bytes", errno: EINVAL)
        }
        let result = unsafe program.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_seccomp_set_filter(start, UInt16(bytes.count / 8), 0)
        }
        try checked("seccomp", "SECCOMP_SET_MODE_FILTER", result)
    }

    /// Closes every descriptor from `first` on, now or, with `atExec`, when a program is executed.
    ///
    /// close_range(2).
    public static func closeDescriptors(from first: Int32, atExec: Bool = false) throws(SyscallError) {
        try checked("close_range", "from \(first)", clinux_close_range(UInt32(first), UInt32.max, atExec ? 4 : 0))
    }

    /// Closes every descriptor from `first` on but `kept`.
    ///
    /// Owners of the closed ones must never run their `deinit`.
    public static func closeDescriptors(from first: Int32, except kept: [Int32]) throws(SyscallError) {
        var next = first
        for number in kept.sorted() where number >= next {
            if number > next {
                try checked("close_range", "below \(number)", clinux_close_range(UInt32(next), UInt32(number - 1), 0))
            }
            next = number + 1
        }
        try closeDescriptors(from: next)
    }

    /// Makes descriptor `to` a second one for `from`, inherited by programs.
    ///
    /// dup3(2).
    public static func place(_ from: Int32, at to: Int32) throws(SyscallError) {
        if from == to {
            try checked("fcntl", "F_SETFD", clinux_fcntl(to, F_SETFD, 0))
        } else {
            try checked("dup3", "\(from) to \(to)", clinux_dup3(from, to, 0))
        }
    }

    /// Changes the working directory.
    ///
    /// chdir(2).
    public static func changeDirectory(_ path: String) throws(SyscallError) {
        try checked("chdir", path, unsafe clinux_chdir(path))
    }

    /// The working directory as the kernel sees it; `(unreachable)` in front means it lies outside the root.
    public static func currentDirectory() throws(SyscallError) -> String {
        var failure = 0
        let bytes = unsafe [CChar](unsafeUninitializedCapacity: 4096) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            let result = unsafe clinux_getcwd(start, 4096)
            failure = min(result, 0)
            used = max(result - 1, 0)
        }
        try checked("getcwd", "", failure)
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Sets the file mode creation mask.
    public static func setCreationMask(_ mask: UInt32) {
        _ = clinux_umask(mask)
    }
}
