// The kernel itself: its settings, its modules, its clock, and the calls that put programs into it.
#include "probe.h"
#include <ftw.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>

// Opens a kernel file for writing and writes its own value back (only opens it on the host). The user namespace must
// make its owner somebody else, and the mount must be read-only.
static void write_knob(const char *path) {
    if (knob_accepts(path)) escaped("%s can be written", path);
    refused("write %s", path);
}

// Settings that belong to a namespace of the jail's own; changing them changes nothing outside.
static bool is_own_setting(const char *path) {
    static const char *const own[] = {
        "/proc/sys/net/", "/proc/sys/user/", "/proc/sys/fs/mqueue/", "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/domainname", "/proc/sys/kernel/shm", "/proc/sys/kernel/msg", "/proc/sys/kernel/sem",
        "/proc/sys/kernel/auto_msgmni", "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/pid_max",
        "/proc/sys/kernel/sched_child_runs_first",
        // Anybody may set a pressure trigger; it is an event source, not a setting.
        "/proc/pressure/",
    };
    if (strstr(path, "/net/") && !shares_host_namespace("net")) return true;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (!strncmp(path, own[i], strlen(own[i]))) return !shares_host_namespace("user");
    return false;
}

static bool skips(const char *path) {
    // Processes have probes of their own, and so have control groups.
    return (!strncmp(path, "/proc/", 6) && path[6] >= '0' && path[6] <= '9') || !strncmp(path, "/proc/self", 10)
        || !strncmp(path, "/proc/thread-self", 17) || !strncmp(path, "/sys/fs/cgroup", 14);
}

static int try_writing(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)walk;
    if (skips(path)) return FTW_SKIP_SUBTREE;
    if (type != FTW_F || !S_ISREG(status->st_mode) || !(status->st_mode & 0222) || is_own_setting(path))
        return FTW_CONTINUE;
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (file >= 0) escaped("%s opens for writing", path);
    refused("open below %.10s", path);
    return FTW_CONTINUE;
}

// Opens for writing every file below /proc/sys, /proc or /sys that claims to be writable. Same guards.
static void walk_writable(const char *top) {
    if (nftw(top, try_writing, 16, FTW_PHYS | FTW_ACTIONRETVAL) < 0) refused("walk %s", top);
    else harmless("nothing of the host's below %s opens for writing", top);
}

// Loads code into the kernel. CAP_SYS_MODULE in the first user namespace, and the filter, must stop it. The "module" is
// junk: an answer about its form means that permission was given.
static void load_module(const char *subject) {
    char junk[64] = "no module";
    (void)subject;
    if (syscall(SYS_init_module, junk, sizeof junk, "") == 0 || errno == ENOEXEC) escaped("init_module took the image");
    refused("init_module");
    int file = memfd_create("module", MFD_CLOEXEC);
    if (file >= 0 && write(file, junk, sizeof junk) < 0) refused("write");
    if (syscall(SYS_finit_module, file, "", 0) == 0 || errno == ENOEXEC || errno == EBADF || errno == ETXTBSY)
        escaped("finit_module took the image");
    refused("finit_module");
    if (syscall(SYS_delete_module, "no_such_module", 0) == 0 || errno == ENOENT) escaped("delete_module let through");
    refused("delete_module");
}

// Prepares another kernel to boot. Flags are wrong on purpose: EINVAL comes after the permission check.
static void load_kernel(const char *subject) {
    (void)subject;
    if (syscall(SYS_kexec_load, 0, 0, NULL, 0x8000ffffUL) == 0 || errno == EINVAL) escaped("kexec_load let through");
    refused("kexec_load");
    if (syscall(SYS_kexec_file_load, -1, -1, 0, NULL, 0x80000000UL) == 0 || errno == EINVAL || errno == EBADF)
        escaped("kexec_file_load let through");
    refused("kexec_file_load");
}

static int bpf(int command, union bpf_attr *attributes) {
    return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

// Loads a BPF program, makes a map, and lists the programs of the host. The filter must stop the call.
static void load_bpf(const char *subject) {
    struct bpf_insn program[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
    (void)subject;
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2,
                           .insns = (uint64_t)(uintptr_t)program, .license = (uint64_t)(uintptr_t)"GPL"};
    if (bpf(BPF_PROG_LOAD, &load) >= 0) escaped("loaded a BPF program");
    refused("BPF_PROG_LOAD");
    union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
    if (bpf(BPF_MAP_CREATE, &map) >= 0) escaped("made a BPF map");
    refused("BPF_MAP_CREATE");
    union bpf_attr next = {.start_id = 0};
    if (bpf(BPF_PROG_GET_NEXT_ID, &next) == 0) escaped("listed the host's BPF programs");
    refused("BPF_PROG_GET_NEXT_ID");
}

static int perf_event(int pid, int cpu, bool kernel) {
    struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK,
                                    .exclude_kernel = !kernel, .exclude_hv = 1};
    return syscall(SYS_perf_event_open, &event, pid, cpu, -1, 0);
}

// Counts on a whole processor, over all processes of the host, or in the kernel. kernel.perf_event_paranoid and
// missing CAP_PERFMON in the first user namespace must stop it, and before them the filter.
static void perf_host(const char *subject) {
    (void)subject;
    if (perf_event(-1, 0, false) >= 0) escaped("perf event on the whole of processor 0");
    refused("perf_event_open on a processor");
    if (perf_event(0, -1, true) >= 0) escaped("perf event in the kernel");
    refused("perf_event_open in the kernel");
}

// Counts in its own process. Reaches nothing, but opens much kernel code (CVE-2013-2094, CVE-2023-5717); only the
// filter stops it.
static void perf_self(const char *subject) {
    (void)subject;
    if (perf_event(0, -1, false) >= 0) escaped("perf_event_open works");
    refused("perf_event_open");
}

// Sets up io_uring: a second way to make system calls, past the filter (CVE-2022-29582, CVE-2023-2598). Only the
// filter stops it.
static void io_ring(const char *subject) {
    struct io_uring_params parameters = {0};
    (void)subject;
    if (syscall(SYS_io_uring_setup, 4, &parameters) >= 0) escaped("io_uring_setup works");
    refused("io_uring_setup");
}

// Handles its own page faults: stops the kernel at a chosen point and so widens races. The filter and
// vm.unprivileged_userfaultfd must stop it for faults in the kernel.
static void fault_handling(const char *subject) {
    (void)subject;
    if (syscall(SYS_userfaultfd, O_CLOEXEC) >= 0) escaped("userfaultfd for faults in the kernel");
    refused("userfaultfd");
    if (syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY) >= 0) escaped("userfaultfd works");
    refused("userfaultfd for user mode");
    int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
    if (device >= 0) escaped("/dev/userfaultfd opens");
    refused("open /dev/userfaultfd");
}

// Sets the machine's clock, to what it is. CAP_SYS_TIME in the first user namespace must be wanting.
static void set_clock(const char *subject) {
    struct timex clock = {0};
    struct timespec now;
    (void)subject;
    if (adjtimex(&clock) < 0) refused("adjtimex to read");
    clock.modes = ADJ_TICK;
    if (adjtimex(&clock) >= 0) escaped("adjtimex let through");
    refused("adjtimex");
    // The kernel looks at the permission after the form of the time, so only a good time tells; not on the host.
    if (dry) return;
    clock_gettime(CLOCK_REALTIME, &now);
    if (clock_settime(CLOCK_REALTIME, &now) == 0) escaped("clock_settime let through");
    refused("clock_settime");
    struct timeval then = {now.tv_sec, now.tv_nsec / 1000};
    if (settimeofday(&then, NULL) == 0) escaped("settimeofday let through");
    refused("settimeofday");
}

// Swaps to a file of its own (which has no swap header: EINVAL comes after the permission check), and ends the host's.
static void swap_file(const char *subject) {
    (void)subject;
    const char *path = in_scratch("swap");
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, 1 << 16)) refused("make a file");
    if (swapon(path, 0) == 0 || errno == EINVAL) escaped("swapon let through");
    refused("swapon");
    if (swapoff(path) == 0 || errno == EINVAL) escaped("swapoff let through");
    refused("swapoff");
}

// Turns on process accounting, to a file that is not there: ENOENT comes after the permission check.
static void accounting(const char *subject) {
    (void)subject;
    if (acct("/no/such/file") == 0 || errno == ENOENT) escaped("acct let through");
    refused("acct");
}

// Reads another user's quota on the file system the jail lies on; who may do that may set it. CAP_SYS_ADMIN in the
// first user namespace must be wanting. ESRCH (quotas are off) comes after the permission check.
static void quotas(const char *subject) {
    enum { GET_USER_QUOTA = 0x800007 << 8, SOMEBODY = 54321 };  // QCMD(Q_GETQUOTA, USRQUOTA)
    static const char *const places[] = {"/", ".", "/tmp"};
    (void)subject;
    for (int i = 0; i < 3; i++) {
        int place = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (syscall(SYS_quotactl_fd, place, (unsigned)GET_USER_QUOTA, SOMEBODY, NULL) == 0 || errno == EFAULT
            || errno == ESRCH)
            escaped("quotactl_fd let through on %s", places[i]);
        if (errno == EINVAL || errno == ENOSYS || errno == EROFS) absent("quotactl_fd %s", strerrorname_np(errno));
        else refused("quotactl_fd");
    }
}

static void restart_now(const char *subject) {
    (void)subject;
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, NULL);
    refused("reboot");
}

// Restarts the machine. In a pid namespace of its own this ends the guest and no more; only by name, and last.
static void restart(const char *subject) {
    (void)subject;
    if (syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, 0xdead, NULL) == 0 || errno != EINVAL) {
        refused("reboot");
        return;
    }
    if (dry || shares_host_namespace("pid")) escaped("reboot let through in the host's pid namespace");
    harmless("reboot ends this guest only");
    // The kernel lets the caller exit with 0 and then kills PID 1: for a moment the others live on and see that.
    apart(restart_now, NULL);
}

const struct probe kernel_probes[] = {
    {.name = "core-pattern", .attempt = write_knob, .subject = "/proc/sys/kernel/core_pattern"},
    {.name = "modprobe-path", .attempt = write_knob, .subject = "/proc/sys/kernel/modprobe"},
    {.name = "hotplug-path", .attempt = write_knob, .subject = "/proc/sys/kernel/hotplug"},
    {.name = "poweroff-path", .attempt = write_knob, .subject = "/proc/sys/kernel/poweroff_cmd"},
    {.name = "binfmt-register", .attempt = write_knob, .subject = "/proc/sys/fs/binfmt_misc/register"},
    {.name = "overcommit", .attempt = write_knob, .subject = "/proc/sys/vm/overcommit_memory"},
    {.name = "panic-on-oom", .attempt = write_knob, .subject = "/proc/sys/vm/panic_on_oom"},
    {.name = "drop-caches", .attempt = write_knob, .subject = "/proc/sys/vm/drop_caches"},
    {.name = "kptr-restrict", .attempt = write_knob, .subject = "/proc/sys/kernel/kptr_restrict"},
    {.name = "sysrq-setting", .attempt = write_knob, .subject = "/proc/sys/kernel/sysrq"},
    {.name = "sysrq-trigger", .attempt = write_knob, .subject = "/proc/sysrq-trigger"},
    {.name = "irq-affinity", .attempt = write_knob, .subject = "/proc/irq/default_smp_affinity"},
    {.name = "uevent-helper", .attempt = write_knob, .subject = "/sys/kernel/uevent_helper"},
    {.name = "huge-pages", .attempt = write_knob, .subject = "/sys/kernel/mm/transparent_hugepage/enabled"},
    {.name = "power-state", .attempt = write_knob, .subject = "/sys/power/state"},
    {.name = "sysctl-walk", .attempt = walk_writable, .subject = "/proc/sys"},
    {.name = "proc-walk", .attempt = walk_writable, .subject = "/proc"},
    {.name = "sys-walk", .attempt = walk_writable, .subject = "/sys"},
    {.name = "modules", .attempt = load_module},
    {.name = "kexec", .attempt = load_kernel},
    {.name = "bpf", .attempt = load_bpf},
    {.name = "perf-host", .attempt = perf_host},
    {.name = "perf-self", .attempt = perf_self},
    {.name = "io-uring", .attempt = io_ring},
    {.name = "userfaultfd", .attempt = fault_handling},
    {.name = "clock", .attempt = set_clock},
    {.name = "swap-file", .attempt = swap_file},
    {.name = "accounting", .attempt = accounting},
    {.name = "quotas", .attempt = quotas},
    {.name = "reboot", .attempt = restart, .explicit_only = true},
    {0},
};
