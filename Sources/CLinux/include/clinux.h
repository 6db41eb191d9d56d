// System calls and constants that Swift cannot import: variadic C functions, calls glibc has no wrapper for (or not in
// Debian 12), function-like macros, and structures passed by size.
//
// Every function returns what the kernel returns: a value >= 0, or the negated errno. Nothing here decides anything:
// no retry, no allocation, no global state. LinuxKernel is the only module that calls these.
#ifndef CLINUX_H
#define CLINUX_H

#include "network.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "storage.h"

#pragma clang assume_nonnull begin

// --- files (variadic open; raw calls so that errno needs no second read) -----------------------------------------
long clinux_openat(int dirfd, const char *path, int flags, unsigned mode);
long clinux_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
long clinux_close(int fd);
long clinux_close_range(unsigned first, unsigned last, unsigned flags);
long clinux_read(int fd, void *buffer, size_t count);
long clinux_pread(int fd, void *buffer, size_t count, int64_t offset);
long clinux_write(int fd, const void *buffer, size_t count);
long clinux_pwrite(int fd, const void *buffer, size_t count, int64_t offset);
long clinux_lseek(int fd, int64_t offset, int whence);
long clinux_dup3(int from, int to, int flags);
long clinux_fcntl(int fd, int command, long argument);
long clinux_ftruncate(int fd, int64_t length);
long clinux_fsync(int fd);
long clinux_memfd_create(const char *name, unsigned flags);
long clinux_pipe2(int fds[_Nonnull 2], int flags);
long clinux_mkdirat(int dirfd, const char *path, unsigned mode);
long clinux_mknodat(int dirfd, const char *path, unsigned mode, uint64_t device);
long clinux_unlinkat(int dirfd, const char *path, int flags);
long clinux_symlinkat(const char *target, int dirfd, const char *path);
long clinux_linkat(int fromdir, const char *from, int todir, const char *to, int flags);
long clinux_renameat2(int fromdir, const char *from, int todir, const char *to, unsigned flags);
long clinux_readlinkat(int dirfd, const char *path, char *buffer, size_t size);
long clinux_fstatat(int dirfd, const char *path, struct stat *status, int flags);
long clinux_faccessat(int dirfd, const char *path, int mode);
long clinux_fchmodat(int dirfd, const char *path, unsigned mode);
long clinux_fchownat(int dirfd, const char *path, unsigned uid, unsigned gid, int flags);
long clinux_getdents64(int fd, void *buffer, size_t count);
long clinux_statfs(const char *path, int64_t *type, uint64_t *block_size, uint64_t *blocks, uint64_t *available);
long clinux_flock(int fd, int operation);
long clinux_chdir(const char *path);
long clinux_fchdir(int fd);
long clinux_chroot(const char *path);
long clinux_getcwd(char *buffer, size_t size);
long clinux_umask(unsigned mask);
unsigned clinux_major(uint64_t device);
unsigned clinux_minor(uint64_t device);
uint64_t clinux_makedev(unsigned major, unsigned minor);

// --- mounts (glibc 2.36 has some of these; the raw numbers work on every kernel Bailey supports) -----------------
long clinux_mount(const char *_Nullable source, const char *target, const char *_Nullable type, unsigned long flags,
                  const char *_Nullable data);
long clinux_umount2(const char *target, int flags);
long clinux_pivot_root(const char *new_root, const char *put_old);
long clinux_fsopen(const char *type, unsigned flags);
long clinux_fsconfig(int fd, unsigned command, const char *_Nullable key, const char *_Nullable value, int aux);
long clinux_fsmount(int fd, unsigned flags, unsigned attributes);
long clinux_open_tree(int dirfd, const char *path, unsigned flags);
long clinux_move_mount(int fromdir, const char *from, int todir, const char *to, unsigned flags);
long clinux_mount_setattr(int dirfd, const char *path, unsigned flags, uint64_t set, uint64_t clear,
                          uint64_t propagation, int userns_fd);

// --- processes ----------------------------------------------------------------------------------------------------
// clone3 without CLONE_VM: returns twice like fork, 0 in the child. `cgroup_fd` is used with CLONE_INTO_CGROUP.
long clinux_clone3(uint64_t flags, int *_Nullable pidfd, int exit_signal, int cgroup_fd);
// Starts `path` in a new process that shares memory until it has exec'd (the parent sleeps meanwhile), so the cost
// does not grow with the parent's memory. `map` holds `map_count` pairs (from, to): descriptors the program gets; all others are closed.
// `failure` receives the negated errno when the program could not be started. Returns the pid.
long clinux_spawn(const char *path, char *_Nonnull const *_Nonnull argv, char *_Nonnull const *_Nonnull envp,
                  const int *map, int map_count, int *pidfd, int *failure);
long clinux_execve(const char *path, char *_Nullable const *_Nonnull argv, char *_Nullable const *_Nonnull envp);
long clinux_execveat(int dirfd, const char *path, char *_Nullable const *_Nonnull argv,
                     char *_Nullable const *_Nonnull envp, int flags);
_Noreturn void clinux_exit(int status);
long clinux_wait4(int pid, int *status, int options);
long clinux_waitid_pidfd(int pidfd, int *code, int *status, int options);
long clinux_pidfd_open(int pid, unsigned flags);
long clinux_pidfd_send_signal(int pidfd, int signal);
long clinux_kill(int pid, int signal);
long clinux_getpid(void);
long clinux_getppid(void);
long clinux_geteuid(void);
long clinux_setsid(void);
long clinux_setpgid(int pid, int group);
long clinux_unshare(uint64_t flags);
long clinux_setns(int fd, int type);
long clinux_sethostname(const char *name, size_t length);
long clinux_setdomainname(const char *name, size_t length);
long clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
long clinux_setresuid(unsigned uid);
long clinux_setresgid(unsigned gid);
long clinux_setgroups(size_t count, const unsigned *groups);
long clinux_prlimit(int pid, int resource, uint64_t soft, uint64_t hard);
long clinux_prlimit_get(int resource, uint64_t *soft, uint64_t *hard);
long clinux_keyctl_join_session(const char *_Nullable name);
long clinux_seccomp_set_filter(const void *instructions, unsigned short count, unsigned flags);
long clinux_bpf(int command, void *attributes, unsigned size);
long clinux_sched_setaffinity(int pid, const void *mask, size_t size);

// --- signals, events, time ----------------------------------------------------------------------------------------
// Blocks every signal and returns a signalfd that yields them.
long clinux_signalfd_all(void);
// Sets every handler to default and unblocks every signal: what a new program expects.
long clinux_signals_reset(void);
long clinux_signal_ignore(int number);
long clinux_signal_default(int number);
long clinux_poll(struct pollfd *fds, unsigned count, int milliseconds);
long clinux_clock_gettime(int clock, int64_t *seconds, int64_t *nanoseconds);
long clinux_nanosleep(int64_t nanoseconds);

// --- sockets ------------------------------------------------------------------------------------------------------
long clinux_socketpair_seqpacket(int fds[_Nonnull 2]);
long clinux_socket(int domain, int type, int protocol);
// A message with up to 16 descriptors. `flags` as sendmsg(2).
long clinux_send_with_fds(int fd, const void *buffer, size_t size, const int *_Nullable fds, int count, int flags);
// Returns bytes received; `count` in: room in `fds`, out: descriptors received (close-on-exec).
long clinux_receive_with_fds(int fd, void *buffer, size_t size, int *fds, int *count, int flags);
// A unix stream or seqpacket socket bound to, or connected to, `path` (shorter than 108 bytes).
long clinux_unix_bind(int fd, const char *path);
long clinux_unix_connect(int fd, const char *path);
long clinux_listen(int fd, int backlog);
long clinux_accept4(int fd, int flags);
long clinux_link_up(const char *name);

// --- terminals ----------------------------------------------------------------------------------------------------
long clinux_tty_size(int fd, unsigned short *rows, unsigned short *columns);
long clinux_tty_set_size(int fd, unsigned short rows, unsigned short columns);
// `saved` is at least CLINUX_TERMIOS_SIZE bytes.
#define CLINUX_TERMIOS_SIZE 64
long clinux_tty_raw(int fd, void *saved);
long clinux_tty_restore(int fd, const void *saved);
long clinux_tty_make_controlling(int fd);
long clinux_pty_unlock(int master);
long clinux_pty_peer(int master, int flags);

// --- constants: hidden behind _GNU_SOURCE, macros with casts, or from newer headers than Debian 12's --------------
static const int CLINUX_AT_FDCWD = -100;
static const int CLINUX_AT_EMPTY_PATH = 0x1000;
static const int CLINUX_O_PATH = 010000000;
static const int CLINUX_O_TMPFILE = 020200000;

// Names and texts of error numbers (GNU extensions); NULL for a number that has none.
const char *_Nullable clinux_error_name(int number);
const char *_Nullable clinux_error_text(int number);

#pragma clang assume_nonnull end
#include "clinux_supervisor.h"

#endif
