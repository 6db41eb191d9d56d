#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

const char *clinux_error_name(int number) { return strerrorname_np(number); }
const char *clinux_error_text(int number) { return strerrordesc_np(number); }

// The one place that turns the C library's "-1 and errno" into the kernel's own form.
static inline long kernel_form(long result) { return result < 0 ? -(long)errno : result; }
#define CALL(...) kernel_form(syscall(__VA_ARGS__))

// --- files --------------------------------------------------------------------------------------------------------
long clinux_openat(int dirfd, const char *path, int flags, unsigned mode) {
    return CALL(SYS_openat, dirfd, path, flags | O_CLOEXEC, mode);
}
long clinux_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return CALL(SYS_openat2, dirfd, path, &how, sizeof how);
}
long clinux_close(int fd) { return CALL(SYS_close, fd); }
long clinux_close_range(unsigned first, unsigned last, unsigned flags) {
    return CALL(SYS_close_range, first, last, flags);
}
long clinux_read(int fd, void *buffer, size_t count) { return CALL(SYS_read, fd, buffer, count); }
long clinux_pread(int fd, void *buffer, size_t count, int64_t offset) {
    return CALL(SYS_pread64, fd, buffer, count, offset);
}
long clinux_write(int fd, const void *buffer, size_t count) { return CALL(SYS_write, fd, buffer, count); }
long clinux_pwrite(int fd, const void *buffer, size_t count, int64_t offset) {
    return CALL(SYS_pwrite64, fd, buffer, count, offset);
}
long clinux_lseek(int fd, int64_t offset, int whence) { return CALL(SYS_lseek, fd, offset, whence); }
long clinux_dup3(int from, int to, int flags) { return CALL(SYS_dup3, from, to, flags); }
long clinux_fcntl(int fd, int command, long argument) { return CALL(SYS_fcntl, fd, command, argument); }
long clinux_ftruncate(int fd, int64_t length) { return CALL(SYS_ftruncate, fd, length); }
long clinux_fsync(int fd) { return CALL(SYS_fsync, fd); }
long clinux_memfd_create(const char *name, unsigned flags) { return CALL(SYS_memfd_create, name, flags); }
long clinux_pipe2(int fds[2], int flags) { return CALL(SYS_pipe2, fds, flags); }
long clinux_mkdirat(int dirfd, const char *path, unsigned mode) { return CALL(SYS_mkdirat, dirfd, path, mode); }
long clinux_mknodat(int dirfd, const char *path, unsigned mode, uint64_t device) {
    return CALL(SYS_mknodat, dirfd, path, mode, (unsigned)device);
}
long clinux_unlinkat(int dirfd, const char *path, int flags) { return CALL(SYS_unlinkat, dirfd, path, flags); }
long clinux_symlinkat(const char *target, int dirfd, const char *path) {
    return CALL(SYS_symlinkat, target, dirfd, path);
}
long clinux_linkat(int fromdir, const char *from, int todir, const char *to, int flags) {
    return CALL(SYS_linkat, fromdir, from, todir, to, flags);
}
long clinux_renameat2(int fromdir, const char *from, int todir, const char *to, unsigned flags) {
    return CALL(SYS_renameat2, fromdir, from, todir, to, flags);
}
long clinux_readlinkat(int dirfd, const char *path, char *buffer, size_t size) {
    return CALL(SYS_readlinkat, dirfd, path, buffer, size);
}
long clinux_fstatat(int dirfd, const char *path, struct stat *status, int flags) {
    return kernel_form(fstatat(dirfd, path, status, flags));
}
long clinux_faccessat(int dirfd, const char *path, int mode) {
    // The older call looks at the real user without capabilities; filters that do not know the newer one refuse it.
    long result = CALL(SYS_faccessat2, dirfd, path, mode, AT_EACCESS);
    return result == -ENOSYS || result == -EPERM ? CALL(SYS_faccessat, dirfd, path, mode) : result;
}
long clinux_fchmodat(int dirfd, const char *path, unsigned mode) { return CALL(SYS_fchmodat, dirfd, path, mode); }
long clinux_fchownat(int dirfd, const char *path, unsigned uid, unsigned gid, int flags) {
    return CALL(SYS_fchownat, dirfd, path, uid, gid, flags);
}
long clinux_getdents64(int fd, void *buffer, size_t count) { return CALL(SYS_getdents64, fd, buffer, count); }
long clinux_statfs(const char *path, int64_t *type, uint64_t *block_size, uint64_t *blocks, uint64_t *available) {
    struct statfs s;
    long result = kernel_form(statfs(path, &s));
    if (result < 0) return result;
    *type = s.f_type, *block_size = s.f_bsize, *blocks = s.f_blocks, *available = s.f_bavail;
    return 0;
}
long clinux_flock(int fd, int operation) { return CALL(SYS_flock, fd, operation); }
long clinux_chdir(const char *path) { return CALL(SYS_chdir, path); }
long clinux_fchdir(int fd) { return CALL(SYS_fchdir, fd); }
long clinux_chroot(const char *path) { return CALL(SYS_chroot, path); }
long clinux_getcwd(char *buffer, size_t size) { return CALL(SYS_getcwd, buffer, size); }
long clinux_umask(unsigned mask) { return CALL(SYS_umask, mask); }
unsigned clinux_major(uint64_t device) { return major(device); }
unsigned clinux_minor(uint64_t device) { return minor(device); }
uint64_t clinux_makedev(unsigned maj, unsigned min) { return makedev(maj, min); }

// --- mounts -------------------------------------------------------------------------------------------------------
long clinux_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return CALL(SYS_mount, source, target, type, flags, data);
}
long clinux_umount2(const char *target, int flags) { return CALL(SYS_umount2, target, flags); }
long clinux_pivot_root(const char *new_root, const char *put_old) { return CALL(SYS_pivot_root, new_root, put_old); }
long clinux_fsopen(const char *type, unsigned flags) { return CALL(SYS_fsopen, type, flags | FSOPEN_CLOEXEC); }
long clinux_fsconfig(int fd, unsigned command, const char *key, const char *value, int aux) {
    return CALL(SYS_fsconfig, fd, command, key, value, aux);
}
long clinux_fsmount(int fd, unsigned flags, unsigned attributes) {
    return CALL(SYS_fsmount, fd, flags | FSMOUNT_CLOEXEC, attributes);
}
long clinux_open_tree(int dirfd, const char *path, unsigned flags) {
    return CALL(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC);
}
long clinux_move_mount(int fromdir, const char *from, int todir, const char *to, unsigned flags) {
    return CALL(SYS_move_mount, fromdir, from, todir, to, flags);
}
long clinux_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                          uint64_t propagation, int userns_fd) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation,
                                    .userns_fd = userns_fd < 0 ? 0 : (uint64_t)userns_fd};
    return CALL(SYS_mount_setattr, dirfd, path, flags, &attributes, sizeof attributes);
}

// --- processes ----------------------------------------------------------------------------------------------------
long clinux_clone3(uint64_t flags, int *pidfd, int exit_signal, int cgroup_fd) {
    struct clone_args arguments = {.flags = flags, .pidfd = (uint64_t)(uintptr_t)pidfd,
                                   .exit_signal = (uint64_t)exit_signal,
                                   .cgroup = cgroup_fd < 0 ? 0 : (uint64_t)cgroup_fd};
    return CALL(SYS_clone3, &arguments, sizeof arguments);
}

struct spawn {
    const char *path;
    char *const *argv;
    char *const *envp;
    const int *map;
    int map_count;
    int *failure;
};

// Runs on its own stack in the parent's memory while the parent sleeps: only system calls, no library state.
static int spawn_child(void *argument) {
    struct spawn *spawn = argument;
    sigset_t none;
    sigemptyset(&none);
    // First up and out of the way of the targets, then down to them: sources and targets may overlap.
    int moved[16], highest = 64;
    for (int i = 0; i < spawn->map_count; i++)
        if (spawn->map[2 * i + 1] >= highest) highest = spawn->map[2 * i + 1] + 1;
    for (int i = 0; i < spawn->map_count; i++) {
        moved[i] = fcntl(spawn->map[2 * i], F_DUPFD, highest);
        if (moved[i] < 0) goto failed;
    }
    // Everything below goes, then everything above: nothing stays in a gap between two targets.
    if (syscall(SYS_close_range, 0U, (unsigned)highest - 1, 0) < 0) goto failed;
    for (int i = 0; i < spawn->map_count; i++)
        if (dup2(moved[i], spawn->map[2 * i + 1]) < 0) goto failed;
    if (syscall(SYS_close_range, (unsigned)highest, ~0U, 0) < 0) goto failed;
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(spawn->path, spawn->argv, spawn->envp);
failed:
    *spawn->failure = -errno;
    _exit(127);
}

long clinux_spawn(const char *path, char *const *argv, char *const *envp, const int *map, int map_count, int *pidfd,
                  int *failure) {
    if (map_count > 16) return -EINVAL;
    char stack[16384] __attribute__((aligned(64)));
    struct spawn spawn = {path, argv, envp, map, map_count, failure};
    sigset_t all, before;
    sigfillset(&all);
    *failure = 0;
    // A handler of the parent must not run in the child while both share memory.
    sigprocmask(SIG_BLOCK, &all, &before);
    long pid = kernel_form(clone(spawn_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                                 &spawn, pidfd));
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}
long clinux_execve(const char *path, char *const *argv, char *const *envp) {
    return CALL(SYS_execve, path, argv, envp);
}
long clinux_execveat(int dirfd, const char *path, char *const *argv, char *const *envp, int flags) {
    return CALL(SYS_execveat, dirfd, path, argv, envp, flags);
}
void clinux_exit(int status) {
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}
long clinux_wait4(int pid, int *status, int options) { return CALL(SYS_wait4, pid, status, options, NULL); }
long clinux_waitid_pidfd(int pidfd, int *code, int *status, int options) {
    siginfo_t info = {0};
    long result = CALL(SYS_waitid, P_PIDFD, pidfd, &info, options, NULL);
    if (result < 0) return result;
    *code = info.si_code, *status = info.si_status;
    return info.si_pid;
}
long clinux_pidfd_open(int pid, unsigned flags) { return CALL(SYS_pidfd_open, pid, flags); }
long clinux_pidfd_send_signal(int pidfd, int signal) { return CALL(SYS_pidfd_send_signal, pidfd, signal, NULL, 0); }
long clinux_kill(int pid, int signal) { return CALL(SYS_kill, pid, signal); }
long clinux_getpid(void) { return CALL(SYS_getpid); }
long clinux_getppid(void) { return CALL(SYS_getppid); }
long clinux_geteuid(void) { return CALL(SYS_geteuid); }
long clinux_setsid(void) { return CALL(SYS_setsid); }
long clinux_setpgid(int pid, int group) { return CALL(SYS_setpgid, pid, group); }
long clinux_unshare(uint64_t flags) { return CALL(SYS_unshare, (unsigned long)flags); }
long clinux_setns(int fd, int type) { return CALL(SYS_setns, fd, type); }
long clinux_sethostname(const char *name, size_t length) { return CALL(SYS_sethostname, name, length); }
long clinux_setdomainname(const char *name, size_t length) { return CALL(SYS_setdomainname, name, length); }
long clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return CALL(SYS_prctl, option, a, b, c, d);
}
long clinux_setresuid(unsigned uid) { return CALL(SYS_setresuid, uid, uid, uid); }
long clinux_setresgid(unsigned gid) { return CALL(SYS_setresgid, gid, gid, gid); }
long clinux_setgroups(size_t count, const unsigned *groups) { return CALL(SYS_setgroups, count, groups); }
long clinux_prlimit(int pid, int resource, uint64_t soft, uint64_t hard) {
    struct rlimit64 limit = {soft, hard};
    return CALL(SYS_prlimit64, pid, resource, &limit, NULL);
}
long clinux_prlimit_get(int resource, uint64_t *soft, uint64_t *hard) {
    struct rlimit64 limit;
    long result = CALL(SYS_prlimit64, 0, resource, NULL, &limit);
    if (result < 0) return result;
    *soft = limit.rlim_cur, *hard = limit.rlim_max;
    return 0;
}
long clinux_keyctl_join_session(const char *name) { return CALL(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name); }
long clinux_seccomp_set_filter(const void *instructions, unsigned short count, unsigned flags) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
long clinux_bpf(int command, void *attributes, unsigned size) { return CALL(SYS_bpf, command, attributes, size); }
long clinux_sched_setaffinity(int pid, const void *mask, size_t size) {
    return CALL(SYS_sched_setaffinity, pid, size, mask);
}

// --- signals, events, time ----------------------------------------------------------------------------------------
long clinux_signalfd_all(void) {
    sigset_t all;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) return -(long)errno;
    return kernel_form(signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
}
long clinux_signals_reset(void) {
    sigset_t none;
    struct sigaction standard = {.sa_handler = SIG_DFL};
    // SIGKILL and SIGSTOP refuse a handler, and the library keeps two real-time signals: their EINVAL means nothing.
    for (int number = 1; number < 65; number++) sigaction(number, &standard, NULL);
    sigemptyset(&none);
    return kernel_form(sigprocmask(SIG_SETMASK, &none, NULL));
}
static long set_handler(int number, void (*handler)(int)) {
    struct sigaction action = {.sa_handler = handler};
    return kernel_form(sigaction(number, &action, NULL));
}
long clinux_signal_ignore(int number) { return set_handler(number, SIG_IGN); }
long clinux_signal_default(int number) { return set_handler(number, SIG_DFL); }
long clinux_poll(struct pollfd *fds, unsigned count, int milliseconds) {
    return kernel_form(poll(fds, count, milliseconds));
}
long clinux_clock_gettime(int clock, int64_t *seconds, int64_t *nanoseconds) {
    struct timespec now;
    long result = kernel_form(clock_gettime(clock, &now));
    if (result < 0) return result;
    *seconds = now.tv_sec, *nanoseconds = now.tv_nsec;
    return 0;
}
long clinux_nanosleep(int64_t nanoseconds) {
    struct timespec duration = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return kernel_form(nanosleep(&duration, NULL));
}

// --- sockets ------------------------------------------------------------------------------------------------------
long clinux_socketpair_seqpacket(int fds[2]) {
    return CALL(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}
long clinux_socket(int domain, int type, int protocol) {
    return CALL(SYS_socket, domain, type | SOCK_CLOEXEC, protocol);
}
#define MAXIMUM_FDS 16
long clinux_send_with_fds(int fd, const void *buffer, size_t size, const int *fds, int count, int flags) {
    if (count > MAXIMUM_FDS) return -EINVAL;
    union {
        char bytes[CMSG_SPACE(sizeof(int) * MAXIMUM_FDS)];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {(void *)buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    }
    return CALL(SYS_sendmsg, fd, &message, flags | MSG_NOSIGNAL);
}
long clinux_receive_with_fds(int fd, void *buffer, size_t size, int *fds, int *count, int flags) {
    union {
        char bytes[CMSG_SPACE(sizeof(int) * MAXIMUM_FDS)];
        struct cmsghdr align;
    } control = {0};
    struct iovec part = {buffer, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    int room = *count;
    *count = 0;
    long received = CALL(SYS_recvmsg, fd, &message, flags | MSG_CMSG_CLOEXEC);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        int held = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < held; i++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + sizeof(int) * (size_t)i, sizeof descriptor);
            // More than there is room for is closed here: a descriptor nobody knows of would leak.
            if (*count < room) fds[(*count)++] = descriptor;
            else close(descriptor);
        }
    }
    return received;
}
static long unix_address(const char *path, struct sockaddr_un *address) {
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return 0;
}
long clinux_unix_bind(int fd, const char *path) {
    struct sockaddr_un address;
    long result = unix_address(path, &address);
    return result < 0 ? result : CALL(SYS_bind, fd, &address, sizeof address);
}
long clinux_unix_connect(int fd, const char *path) {
    struct sockaddr_un address;
    long result = unix_address(path, &address);
    return result < 0 ? result : CALL(SYS_connect, fd, &address, sizeof address);
}
long clinux_listen(int fd, int backlog) { return CALL(SYS_listen, fd, backlog); }
long clinux_accept4(int fd, int flags) { return CALL(SYS_accept4, fd, NULL, NULL, flags | SOCK_CLOEXEC); }
long clinux_link_up(const char *name) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    long fd = CALL(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    long result = kernel_form(ioctl((int)fd, SIOCSIFFLAGS, &request));
    close((int)fd);
    return result;
}

// --- terminals ----------------------------------------------------------------------------------------------------
long clinux_tty_size(int fd, unsigned short *rows, unsigned short *columns) {
    struct winsize size;
    long result = kernel_form(ioctl(fd, TIOCGWINSZ, &size));
    if (result < 0) return result;
    *rows = size.ws_row, *columns = size.ws_col;
    return 0;
}
long clinux_tty_set_size(int fd, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return kernel_form(ioctl(fd, TIOCSWINSZ, &size));
}
_Static_assert(sizeof(struct termios) <= CLINUX_TERMIOS_SIZE, "termios must fit");
long clinux_tty_raw(int fd, void *saved) {
    struct termios mode;
    if (tcgetattr(fd, &mode) < 0) return -(long)errno;
    memcpy(saved, &mode, sizeof mode);
    cfmakeraw(&mode);
    return kernel_form(tcsetattr(fd, TCSADRAIN, &mode));
}
long clinux_tty_restore(int fd, const void *saved) {
    struct termios mode;
    memcpy(&mode, saved, sizeof mode);
    return kernel_form(tcsetattr(fd, TCSADRAIN, &mode));
}
long clinux_tty_make_controlling(int fd) { return kernel_form(ioctl(fd, TIOCSCTTY, 0)); }
long clinux_pty_unlock(int master) {
    int unlocked = 0;
    return kernel_form(ioctl(master, TIOCSPTLCK, &unlocked));
}
long clinux_pty_peer(int master, int flags) { return kernel_form(ioctl(master, TIOCGPTPEER, flags | O_CLOEXEC)); }
