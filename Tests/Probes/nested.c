// A user namespace inside the jail: full capabilities, but only over what is made in there.
#include "probe.h"
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static void end_child(pid_t child) {
    if (child == 0) _exit(0);
    waitpid(child, NULL, __WALL);
}

// Makes a user namespace by one of three calls. It opens much kernel code to the guest, so the filter denies all three
// to a guest without CAP_SYS_ADMIN; clone3, whose flags a filter cannot see, altogether.
static void make_by_unshare(const char *subject) {
    (void)subject;
    if (unshare(CLONE_NEWUSER) == 0) escaped("unshare made a user namespace");
    refused("unshare");
}

static void make_by_clone(const char *subject) {
    (void)subject;
    pid_t child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
    if (child < 0) {
        refused("clone");
        return;
    }
    end_child(child);
    escaped("clone made a user namespace");
}

static void make_by_clone3(const char *subject) {
    struct clone_args arguments = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
    (void)subject;
    pid_t child = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (child < 0) {
        refused("clone3");
        return;
    }
    end_child(child);
    escaped("clone3 made a user namespace");
}

static bool put(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool done = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    int error = errno;
    if (file >= 0) close(file);
    errno = error;
    return done;
}

static bool become_root_inside(int more) {
    char map[64];
    unsigned uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | more)) {
        refused("unshare");
        return false;
    }
    snprintf(map, sizeof map, "0 %u 1", uid);
    put("/proc/self/uid_map", map);
    put("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", gid);
    put("/proc/self/gid_map", map);
    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return true;
}

static void inner_proc_child(const char *subject) {
    (void)subject;
    if (mount_fresh("proc", NULL, in_scratch("inner-proc"))) judge_proc(in_scratch("inner-proc"));
}

static void inner_proc(const char *subject) {
    (void)subject;
    if (become_root_inside(CLONE_NEWPID)) apart(inner_proc_child, NULL);
}

static void inner_sys(const char *subject) {
    (void)subject;
    if (become_root_inside(CLONE_NEWNET) && mount_fresh("sysfs", NULL, in_scratch("inner-sys")))
        judge_sys(in_scratch("inner-sys"));
}

static void inner_copies(const char *path) {
    if (!become_root_inside(0) || !mount_clone(path, in_scratch("inner-copy"))) return;
    if (!strcmp(path, "/proc")) judge_proc(in_scratch("inner-copy"));
    else judge_sys(in_scratch("inner-copy"));
}

static void inner_release_agent(const char *subject) {
    const char *where = in_scratch("inner-cgroup");
    char path[300];
    (void)subject;
    if (!become_root_inside(CLONE_NEWCGROUP)) return;
    mkdir(where, 0700);
    if (mount("cgroup", where, "cgroup", 0, "memory") && mount("cgroup2", where, "cgroup2", 0, NULL)) {
        refused("mount cgroup");
        return;
    }
    snprintf(path, sizeof path, "%s/release_agent", where);
    if (knob_accepts(path)) escaped("%s can be written", path);
    refused("release_agent");
    snprintf(path, sizeof path, "%s/memory.limit_in_bytes", where);
    if (knob_accepts(path)) escaped("%s can be written", path);
    refused("memory limit");
}

static void inner_overlay(const char *subject) {
    char options[600], node[300];
    (void)subject;
    if (!become_root_inside(0) || !mount_fresh("tmpfs", NULL, in_scratch("t"))) return;
    const char *top = in_scratch("t");
    static const char *const parts[] = {"upper", "work", "merged"};
    for (int i = 0; i < 3; i++) {
        snprintf(node, sizeof node, "%s/%s", top, parts[i]);
        mkdir(node, 0700);
    }
    snprintf(options, sizeof options, "lowerdir=/bin,upperdir=%s/upper,workdir=%s/work,userxattr", top, top);
    if (mount("overlay", node, "overlay", 0, options)) {
        refused("mount overlay");
        return;
    }
    snprintf(node, sizeof node, "%s/merged/probe-node", top);
    if (mknod(node, S_IFCHR | 0666, makedev(1, 3))) refused("mknod in overlay");
    else if (open(node, O_RDONLY | O_CLOEXEC) >= 0) escaped("opened a device made in an overlay");
    else refused("open device in overlay");
}

static void inner_disk(const char *subject) {
    (void)subject;
    if (become_root_inside(0) && mount_fresh("ext4", "/dev/vda", in_scratch("inner-disk"))) escaped("mounted a disk");
}

static void inner_chroot(const char *subject) {
    struct stat before, after;
    (void)subject;
    if (!become_root_inside(0) || stat("/", &before)) return;
    mkdir(in_scratch("c"), 0700);
    int out = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (chroot(in_scratch("c"))) {
        refused("chroot");
        return;
    }
    if (fchdir(out)) return;
    for (int i = 0; i < 100 && chdir("..") == 0; i++) {}
    if (stat(".", &after) == 0 && !same_place(&before, &after)) escaped("left the root by chroot");
    harmless("chroot stays inside");
}

// Makes a user namespace and, as root in it, mounts whatever may be mounted: none of it may lead to anything of the
// host, whatever the filter allows (CVE-2022-0185, CVE-2022-0492, CVE-2021-3493, CVE-2023-0386 all began like this).
static void confined_inside(const char *subject) {
    static const struct { void (*body)(const char *); const char *subject; } ways[] = {
        {inner_proc, NULL}, {inner_sys, NULL}, {inner_copies, "/proc"}, {inner_copies, "/sys"},
        {inner_release_agent, NULL}, {inner_overlay, NULL}, {inner_disk, NULL}, {inner_chroot, NULL},
    };
    (void)subject;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) apart(ways[i].body, ways[i].subject);
}

// Maps an id that is not the jail's into a new user namespace and takes it on. The kernel must refuse ids that the
// jail itself has no mapping for.
static void map_outside(const char *subject) {
    int ready[2];
    char path[64], byte;
    (void)subject;
    if (pipe(ready)) return;
    pid_t child = fork();
    if (child == 0) {
        int failed = unshare(CLONE_NEWUSER) ? errno : 0;
        if (write(ready[1], "x", 1) == 1 && !failed) pause();
        _exit(failed ? 1 : 0);
    }
    if (read(ready[0], &byte, 1) != 1) return;
    snprintf(path, sizeof path, "/proc/%d/uid_map", child);
    bool mapped = put(path, "0 3000000000 1");
    if (!mapped) refused("write uid_map");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    if (mapped) escaped("mapped id 3000000000 of the host");
}

const struct probe nested_probes[] = {
    {.name = "userns-unshare", .attempt = make_by_unshare},
    {.name = "userns-clone", .attempt = make_by_clone},
    {.name = "userns-clone3", .attempt = make_by_clone3},
    {.name = "userns-confined", .attempt = confined_inside},
    {.name = "userns-map", .attempt = map_outside},
    {0},
};
