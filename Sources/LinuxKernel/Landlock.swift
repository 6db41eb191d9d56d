import CLinux

/// Limits that a process puts on itself for good; landlock(7).
public enum Landlock {
    /// The version of the kernel's interface; 0 where it is missing or switched off.
    public static var version: Int { max(0, clinux_landlock_abi()) }

    /// From which version abstract unix sockets can be scoped (Linux 6.12).
    public static let versionWithScopes = 6

    /// Keeps the calling thread and its children from abstract unix sockets that others have made.
    ///
    /// Those sockets have no file: they belong to the network namespace, so jails that share one would meet there.
    ///
    /// - Precondition: no_new_privs is set, or the caller has `CAP_SYS_ADMIN` in its user namespace.
    public static func scopeAbstractSockets() throws(SyscallError) {
        // LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
        try checked("landlock_restrict_self", "abstract unix sockets", clinux_landlock_scope(1))
    }
}
