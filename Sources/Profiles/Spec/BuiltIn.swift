/// Defaults that need a reason.
public enum BuiltIn {
    /// Enough for a Java server or a few hundred PHP workers, and few enough that a fork bomb ends while the host, whose
    /// `pid_max` is 32,768 or more, still has ids.
    public static let processes: UInt64 = 4096

    /// What a shell finds on a usual system.
    public static let environment = [
        Setting(
            EnvironmentVariable(
                name: "PATH",
                value: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            )
        )
    ]

    /// Capabilities of an app jail, in its own user namespace.
    ///
    /// What a service needs to set up files, drop to its user and listen on port 80. Docker's list has three more, left
    /// out on purpose: `NET_RAW` lets a tenant forge packets on a shared bridge (ping works without it, through
    /// `net.ipv4.ping_group_range`); `MKNOD` and `AUDIT_WRITE` are refused by the kernel outside the first user
    /// namespace, so they would promise what they do not give.
    public static let appCapabilities = names([
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "SETFCAP",
    ])

    /// Capabilities of a system jail, in its own user namespace.
    ///
    /// Beyond an app jail's: what an init and an administrator do to namespaces that belong to the jail (mounts,
    /// addresses, firewall, shutdown, tracing). Left out are those that the kernel honours only on the host, and
    /// `DAC_READ_SEARCH`, which on recent kernels opens files by handle.
    public static let systemCapabilities = names([
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
        "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_OWNER", "SYS_CHROOT", "SYS_PTRACE", "SYS_ADMIN", "SYS_BOOT",
        "SYS_NICE", "SYS_RESOURCE", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "SETFCAP",
    ])

    /// Kernel files that tell about the host or its hardware; hidden in every jail, see proc(5) and sysfs(5).
    public static let maskedPaths = [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats",
        "/sys/devices/virtual/powercap", "/sys/firmware",
    ]

    /// Kernel files through which the host could be changed; read-only in every jail.
    public static let readOnlyPaths = [
        "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
    ]

    private static func names(_ names: [String]) -> [CapabilityName] { names.map(CapabilityName.init(known:)) }
}
