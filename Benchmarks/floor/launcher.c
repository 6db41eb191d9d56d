// Outside the jail: gives birth to it, maps its ids, shifts its root, confines it, and clears up after it.
#define _GNU_SOURCE
#include "floor.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// A birth in progress. Everything here is undone by `clear_up`.
struct jail {
    pid_t pid;
    int pidfd, socket, user_namespace, root;
    struct cgroup_set cgroups;
};

static char child_stack[64 * 1024] __attribute__((aligned(16)));
static volatile sig_atomic_t interrupted, watched_pidfd = -1;

// Kills the running jail; the loop that waits for it then clears up as always.
void launcher_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
    if (watched_pidfd >= 0) KERNEL(SYS_pidfd_send_signal, watched_pidfd, SIGKILL, NULL, 0);
}

bool launcher_interrupted(void)
{
    return interrupted != 0;
}

static int failed(struct failure *failure, const char *stage, long result)
{
    if (result < 0) *failure = (struct failure){stage, (int)-result};
    return result < 0 ? (int)result : 0;
}

static long write_file(int folder, const char *name, const char *text)
{
    long file = KERNEL(SYS_openat, folder, name, O_WRONLY | O_CLOEXEC);
    if (file < 0) return file;
    long written = KERNEL(SYS_write, file, text, strlen(text));
    KERNEL(SYS_close, file);
    return written;
}

// Children's uptime begins now: the offset is the negative of the host's boot clock.
static int unshare_time(struct failure *failure)
{
    int result = failed(failure, "unshare time namespace", KERNEL(SYS_unshare, CLONE_NEWTIME));
    if (result < 0) return result;
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    char text[64];
    snprintf(text, sizeof text, "boottime %ld %ld", -now.tv_sec - 1, 1000000000 - now.tv_nsec);
    return failed(failure, "set boot clock", write_file(AT_FDCWD, "/proc/self/timens_offsets", text));
}

// With shared memory nothing is copied; the jail gets its own at exec. A PID 1 that stays may never share it with the
// launcher: who owns the one would own the other.
static int give_birth(struct jail *jail, struct start *start, struct failure *failure)
{
    const struct options *options = start->options;
    int pair[2];
    int result = failed(failure, "make socket pair",
                        KERNEL(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
    if (result < 0) return result;
    jail->socket = pair[0];
    start->jail_socket = pair[1];

    struct clone_args args = {.exit_signal = SIGCHLD};
    args.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND | CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                 CLONE_NEWUTS | (options->network ? CLONE_NEWNET : 0);
    args.pidfd = (uintptr_t)&jail->pidfd;
    if (!options->copy_memory && !options->stay_as_init) {
        args.flags |= CLONE_VM;
        args.stack = (uintptr_t)child_stack;
        args.stack_size = sizeof child_stack;
    }
    if (jail->cgroups.v2_folder >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)jail->cgroups.v2_folder;
    }
    long pid = kernel_clone3(&args, jail_main, start);
    KERNEL(SYS_close, pair[1]);
    if ((result = failed(failure, "clone", pid)) < 0) return result;
    jail->pid = (pid_t)pid;
    watched_pidfd = jail->pidfd;
    if (interrupted) launcher_interrupt(0);
    return 0;
}

static int map_ids(struct jail *jail, struct failure *failure)
{
    char path[32], text[64];
    snprintf(text, sizeof text, "0 %d %d", FIRST_ID, ID_COUNT);
    snprintf(path, sizeof path, "/proc/%d/uid_map", jail->pid);
    int result = failed(failure, "write uid_map", write_file(AT_FDCWD, path, text));
    if (result < 0) return result;
    path[strlen(path) - 7] = 'g';
    return failed(failure, "write gid_map", write_file(AT_FDCWD, path, text));
}

static int shift_root(struct jail *jail, const struct options *options, struct failure *failure)
{
    long result = KERNEL(SYS_ioctl, jail->pidfd, PIDFD_GET_USER_NAMESPACE, 0);
    if (result < 0) {
        char path[32];
        snprintf(path, sizeof path, "/proc/%d/ns/user", jail->pid);
        result = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    }
    if (result < 0) return failed(failure, "open user namespace", result);
    jail->user_namespace = (int)result;

    result = KERNEL(SYS_open_tree, AT_FDCWD, options->rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (result < 0) return failed(failure, "clone mount of rootfs", result);
    jail->root = (int)result;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NODEV};
    if (!options->writable) attributes.attr_set |= MOUNT_ATTR_RDONLY;
    attributes.userns_fd = (uint64_t)jail->user_namespace;
    return failed(failure, "shift rootfs",
                  KERNEL(SYS_mount_setattr, jail->root, "", AT_EMPTY_PATH, &attributes, sizeof attributes));
}

static int send_message(struct jail *jail, enum message kind, struct failure *failure)
{
    char byte = (char)kind;
    union { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(int))]; } control = {
        .header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS},
    };
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (kind == MESSAGE_ROOT) {
        memcpy(CMSG_DATA(&control.header), &jail->root, sizeof jail->root);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    return failed(failure, "tell the jail", KERNEL(SYS_sendmsg, jail->socket, &message, MSG_NOSIGNAL));
}

// Everything the jail waits for, soonest needed first: its root, then its cgroups while it mounts.
static int set_up(struct jail *jail, const struct start *start, struct failure *failure)
{
    int result;
    if ((result = map_ids(jail, failure)) < 0) return result;
    if ((result = shift_root(jail, start->options, failure)) < 0) return result;
    if ((result = send_message(jail, MESSAGE_ROOT, failure)) < 0) return result;
    mark(start, PHASE_ROOT_SENT);
    if (jail->cgroups.version == CGROUPS_V1 && (result = cgroups_create(&jail->cgroups, failure)) < 0) return result;
    mark(start, PHASE_CGROUPS_MADE);
    if ((result = cgroups_attach(&jail->cgroups, jail->pid, failure)) < 0) return result;
    mark(start, PHASE_ATTACHED);
    return send_message(jail, MESSAGE_ATTACHED, failure);
}

// For a jail that is held: says which processes there are once the command runs.
static void announce(struct jail *jail)
{
    char byte;
    if (recv(jail->socket, &byte, 1, MSG_PEEK) != 0) return; // not end of file: it failed, and `wait_for` says why
    printf("{\"launcher\": %d, \"init\": %d}\n", getpid(), jail->pid);
    fflush(stdout);
}

// What the jail reported outranks the launcher's own finding, which is mostly that nobody listened any more.
static int wait_for(struct jail *jail, struct failure *failure)
{
    int status = 0;
    long result;
    do result = KERNEL(SYS_wait4, jail->pid, &status, 0, NULL);
    while (result == -EINTR);
    watched_pidfd = -1;
    if (result < 0) return failed(failure, "wait for jail", result);
    struct failure reported;
    if (KERNEL(SYS_recvfrom, jail->socket, &reported, sizeof reported, MSG_DONTWAIT, NULL, NULL) == sizeof reported)
        *failure = reported;
    if (failure->stage != NULL) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void close_all(struct jail *jail)
{
    int files[] = {jail->socket, jail->user_namespace, jail->root, jail->pidfd};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0) KERNEL(SYS_close, files[i]);
}

int launch(const struct start *template, const char *cgroup_name, struct failure *failure)
{
    struct start start = *template;
    struct jail jail = {0, -1, -1, -1, -1, {start.options->cgroups, "", -1}};
    snprintf(jail.cgroups.name, sizeof jail.cgroups.name, "%s", cgroup_name);
    *failure = (struct failure){NULL, 0};
    int status = -1;

    mark(&start, PHASE_BEGIN);
    bool born = (jail.cgroups.version != CGROUPS_V2 || cgroups_create(&jail.cgroups, failure) == 0)
        && unshare_time(failure) == 0;
    mark(&start, PHASE_TIME_NAMESPACE);
    born = born && give_birth(&jail, &start, failure) == 0;
    mark(&start, PHASE_CLONED);
    if (born) {
        if (set_up(&jail, &start, failure) < 0)
            KERNEL(SYS_pidfd_send_signal, jail.pidfd, SIGKILL, NULL, 0);
        else if (start.options->hold)
            announce(&jail);
        status = wait_for(&jail, failure);
    }
    mark(&start, PHASE_EXITED);
    if (cgroups_remove(&jail.cgroups, failure) < 0) status = -1;
    close_all(&jail);
    mark(&start, PHASE_CLEANED);
    return status;
}
