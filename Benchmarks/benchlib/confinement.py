"""The one confinement that every subject is asked for. floor/jail.c and floor/cgroups.c hold the same values."""

FIRST_ID = 0x40000000
ID_COUNT = 65536
PIDS_MAX = 256
MEMORY_MAX = 512 * 1024 * 1024
HOSTNAME = "bench"

CAPABILITIES = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
    "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE",
    "CAP_SETFCAP",
]
CAPABILITY_MASK = 0xA80425FB  # the same fourteen as /proc/PID/status shows them

MASKED_FILES = ["/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug"]
MASKED_FOLDERS = ["/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware"]
READ_ONLY_PATHS = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

# (major, minor): null zero full random urandom, tty, ptmx, ptys
DEVICES = [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, None)]

RESOLVER_FILES = ["resolv.conf", "hosts", "hostname"]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
