// Inside the jail: from clone3 to exec. Runs beside the launcher, perhaps in its memory: bare system calls only.
#define _GNU_SOURCE
#include "floor.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { QUIET = MS_NOSUID | MS_NODEV | MS_NOEXEC };
enum { EXIT_FAILED = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static const char *const ENVIRONMENT[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", NULL,
};
static const char *const DEVICES[] = {"null", "zero", "full", "random", "urandom", "tty"};
static const char *const LINKS[][2] = {
    {"/proc/self/fd", "dev/fd"},       {"/proc/self/fd/0", "dev/stdin"}, {"/proc/self/fd/1", "dev/stdout"},
    {"/proc/self/fd/2", "dev/stderr"}, {"pts/ptmx", "dev/ptmx"},
};
static const char *const MASKED_FILES[] = {
    "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list", "proc/sched_debug",
};
static const char *const MASKED_FOLDERS[] = {"proc/acpi", "proc/asound", "proc/scsi", "sys/firmware"};
static const char *const READ_ONLY[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
static const char *const RESOLVER_FILES[] = {"resolv.conf", "hosts", "hostname"};
static const int KEPT_CAPABILITIES[] = {
    CAP_CHOWN,  CAP_DAC_OVERRIDE,     CAP_FOWNER,  CAP_FSETID,     CAP_KILL,  CAP_SETGID,      CAP_SETUID,
    CAP_SETPCAP, CAP_NET_BIND_SERVICE, CAP_NET_RAW, CAP_SYS_CHROOT, CAP_MKNOD, CAP_AUDIT_WRITE, CAP_SETFCAP,
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static _Noreturn void leave(int status)
{
    for (;;) KERNEL(SYS_exit_group, status);
}

static long must(const struct start *start, const char *stage, long result)
{
    if (result >= 0) return result;
    struct failure failure = {stage, (int)-result};
    KERNEL(SYS_write, start->jail_socket, &failure, sizeof failure);
    leave(EXIT_FAILED);
}

static long mount_at(const char *source, const char *target, const char *type, unsigned long flags, const char *data)
{
    return KERNEL(SYS_mount, source, target, type, flags, data);
}

static uint64_t kept_capabilities(void)
{
    uint64_t set = 0;
    for (size_t i = 0; i < COUNT(KEPT_CAPABILITIES); i++) set |= 1ULL << KEPT_CAPABILITIES[i];
    return set;
}

static void raise_loopback(const struct start *start)
{
    long file = must(start, "open socket for loopback", KERNEL(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    must(start, "raise loopback", KERNEL(SYS_ioctl, file, 0x8914 /* SIOCSIFFLAGS */, &request));
    KERNEL(SYS_close, file);
}

// EINVAL is the first number past the kernel's last capability.
static void drop_bounding_set(const struct start *start)
{
    uint64_t kept = kept_capabilities();
    for (int capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1) continue;
        long result = KERNEL(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
        if (result == -EINVAL) break;
        must(start, "drop from bounding set", result);
    }
}

// One byte, and for MESSAGE_ROOT a descriptor beside it.
static int receive(const struct start *start, enum message expected)
{
    char byte = 0;
    union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control;
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    long size = KERNEL(SYS_recvmsg, start->jail_socket, &message, MSG_CMSG_CLOEXEC);
    must(start, "hear from launcher", size == 1 && byte == (char)expected ? 0 : size < 0 ? size : -EPIPE);
    return expected == MESSAGE_ROOT ? *(int *)CMSG_DATA(&control.header) : -1;
}

// Only now are the ids mapped. The change of ids would clear a parent-death signal set before it.
static void take_identity(const struct start *start)
{
    must(start, "take group ids", KERNEL(SYS_setresgid, 0, 0, 0));
    must(start, "drop supplementary groups", KERNEL(SYS_setgroups, 0, 0));
    must(start, "take user ids", KERNEL(SYS_setresuid, 0, 0, 0));
    must(start, "switch dumpable off", KERNEL(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0));
    must(start, "die with launcher", KERNEL(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    must(start, "join new session keyring", KERNEL(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0));
}

// The root arrives shifted and, if asked for, read-only. It covers its own folder; from here paths are relative to it.
static void enter_root(const struct start *start, int root)
{
    must(start, "attach root",
         KERNEL(SYS_move_mount, root, "", AT_FDCWD, start->options->rootfs, MOVE_MOUNT_F_EMPTY_PATH));
    must(start, "enter root", KERNEL(SYS_fchdir, root));
}

static void bind_read_only(const struct start *start, const char *source, const char *target, const char *stage)
{
    long result = mount_at(source, target, NULL, MS_BIND | MS_REC, NULL);
    if (result == -ENOENT && source == target) return; // not every kernel has every path
    must(start, stage, result);
    must(start, stage, mount_at(NULL, target, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | QUIET, NULL));
}

static void mount_devices(const struct start *start)
{
    must(start, "mount /dev", mount_at("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64k"));
    char source[32] = "/dev/", *name = source + 5;
    for (size_t i = 0; i < COUNT(DEVICES); i++) {
        memcpy(name, DEVICES[i], strlen(DEVICES[i]) + 1);
        must(start, "make device file", KERNEL(SYS_mknodat, AT_FDCWD, source + 1, S_IFREG | 0666, 0));
        must(start, "bind device", mount_at(source, source + 1, NULL, MS_BIND, NULL));
    }
    must(start, "make /dev/pts", KERNEL(SYS_mkdirat, AT_FDCWD, "dev/pts", 0755));
    must(start, "make /dev/shm", KERNEL(SYS_mkdirat, AT_FDCWD, "dev/shm", 0755));
    must(start, "make /dev/mqueue", KERNEL(SYS_mkdirat, AT_FDCWD, "dev/mqueue", 0755));
    for (size_t i = 0; i < COUNT(LINKS); i++)
        must(start, "link in /dev", KERNEL(SYS_symlinkat, LINKS[i][0], AT_FDCWD, LINKS[i][1]));
    must(start, "mount /dev/pts", mount_at("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                                           "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    must(start, "mount /dev/shm", mount_at("shm", "dev/shm", "tmpfs", QUIET, "mode=1777,size=64m"));
    must(start, "mount /dev/mqueue", mount_at("mqueue", "dev/mqueue", "mqueue", QUIET, NULL));
}

// A new sysfs shows the devices of a network namespace, so it may be mounted only by the owner of one.
static void mount_sys(const struct start *start)
{
    if (start->options->network) {
        must(start, "mount /sys", mount_at("sysfs", "sys", "sysfs", MS_RDONLY | QUIET, NULL));
        return;
    }
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    must(start, "bind host's /sys", mount_at("/sys", "sys", NULL, MS_BIND | MS_REC, NULL));
    must(start, "make /sys read-only",
         KERNEL(SYS_mount_setattr, AT_FDCWD, "sys", AT_RECURSIVE, &read_only, sizeof read_only));
}

static void bind_resolver_files(const struct start *start)
{
    if (start->options->etc == NULL) return;
    char source[512], target[32] = "etc/";
    size_t length = strlen(start->options->etc);
    memcpy(source, start->options->etc, length);
    source[length++] = '/';
    for (size_t i = 0; i < COUNT(RESOLVER_FILES); i++) {
        memcpy(source + length, RESOLVER_FILES[i], strlen(RESOLVER_FILES[i]) + 1);
        memcpy(target + 4, RESOLVER_FILES[i], strlen(RESOLVER_FILES[i]) + 1);
        bind_read_only(start, source, target, "bind resolver file");
    }
}

static void bind_extra(const struct start *start)
{
    const struct options *options = start->options;
    if (options->bind_source == NULL) return;
    must(start, "bind --bind", mount_at(options->bind_source, options->bind_target + 1, NULL, MS_BIND, NULL));
    must(start, "restrict --bind",
         mount_at(NULL, options->bind_target + 1, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID | MS_NODEV, NULL));
}

// One empty read-only tmpfs serves all folders: its second and further mounts are binds, and keep the flag.
static void mask_kernel_paths(const struct start *start)
{
    const char *empty = NULL;
    for (size_t i = 0; i < COUNT(MASKED_FOLDERS); i++) {
        long result = empty ? mount_at(empty, MASKED_FOLDERS[i], NULL, MS_BIND, NULL)
                            : mount_at("tmpfs", MASKED_FOLDERS[i], "tmpfs", MS_RDONLY | QUIET, "size=0,nr_inodes=1");
        if (result == -ENOENT) continue;
        must(start, "mask folder", result);
        if (empty == NULL) empty = MASKED_FOLDERS[i];
    }
    for (size_t i = 0; i < COUNT(MASKED_FILES); i++) {
        long result = mount_at("dev/null", MASKED_FILES[i], NULL, MS_BIND, NULL);
        if (result != -ENOENT) must(start, "mask file", result);
    }
    for (size_t i = 0; i < COUNT(READ_ONLY); i++)
        bind_read_only(start, READ_ONLY[i], READ_ONLY[i], "make kernel path read-only");
}

// pivot_root(2), NOTES: "." twice stacks the old root on the new one, from where it is detached.
static void pivot(const struct start *start)
{
    must(start, "pivot root", KERNEL(SYS_pivot_root, ".", "."));
    must(start, "detach old root", KERNEL(SYS_umount2, ".", MNT_DETACH));
    must(start, "change to new root", KERNEL(SYS_chdir, "/"));
}

static void reduce_capabilities(const struct start *start)
{
    uint64_t kept = kept_capabilities();
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)kept, (uint32_t)kept, 0}, {(uint32_t)(kept >> 32), (uint32_t)(kept >> 32), 0},
    };
    must(start, "clear ambient capabilities", KERNEL(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    must(start, "reduce capabilities", KERNEL(SYS_capset, &header, data));
}

static _Noreturn void run_command(const struct start *start)
{
    long result = KERNEL(SYS_execve, start->options->command[0], start->options->command, ENVIRONMENT);
    if (!start->options->stay_as_init) must(start, "execute command", result);
    leave(result == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

// PID 1: hands signals on to the command, reaps whatever is orphaned, ends with the command's status.
// It has memory of its own, so libc's vfork is safe here.
static _Noreturn void stay_as_init(const struct start *start)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t command = vfork();
    if (command == 0) {
        KERNEL(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
        KERNEL(SYS_setsid);
        run_command(start);
    }
    if (command < 0) leave(EXIT_FAILED);
    KERNEL(SYS_close_range, 3, ~0U, 0);
    for (;;) {
        int signal = sigwaitinfo(&all, NULL), status;
        if (signal != SIGCHLD && signal > 0) kill(command, signal);
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
            if (pid == command) leave(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
}

void jail_main(void *argument)
{
    const struct start *start = argument;
    mark(start, PHASE_JAIL_BORN);

    // What needs no ids goes first, while the launcher maps them and shifts the root.
    if (start->options->network) raise_loopback(start);
    must(start, "set hostname", KERNEL(SYS_sethostname, "floor", 5));
    must(start, "make mounts private", mount_at(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    KERNEL(SYS_umask, 022);
    must(start, "start new session", KERNEL(SYS_setsid));
    drop_bounding_set(start);
    must(start, "set no_new_privs", KERNEL(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    mark(start, PHASE_JAIL_NETWORK);

    // The launcher makes the cgroups during all of this.
    int root = receive(start, MESSAGE_ROOT);
    take_identity(start);
    enter_root(start, root);
    mark(start, PHASE_JAIL_ROOT);
    must(start, "mount /proc", mount_at("proc", "proc", "proc", QUIET, NULL));
    mount_sys(start);
    mount_devices(start);
    bind_resolver_files(start);
    bind_extra(start);
    mark(start, PHASE_JAIL_MOUNTS);
    mask_kernel_paths(start); // after /dev: its null covers the files
    mark(start, PHASE_JAIL_MASKS);
    pivot(start);
    mark(start, PHASE_JAIL_PIVOT);

    receive(start, MESSAGE_ATTACHED);
    mark(start, PHASE_JAIL_WAITED);
    if (start->options->cgroups != CGROUPS_NONE) // needs both to be attached and CAP_SYS_ADMIN
        must(start, "unshare cgroup namespace", KERNEL(SYS_unshare, CLONE_NEWCGROUP));
    reduce_capabilities(start);
    must(start, "close descriptors", KERNEL(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */));
    if (start->filter.len > 0) // last: it forbids several of the calls above
        must(start, "load filter", KERNEL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &start->filter));
    mark(start, PHASE_JAIL_FILTER);
    if (start->options->stay_as_init) stay_as_init(start);
    run_command(start);
}
