// Descriptors and directories left over from the launcher (CVE-2024-21626), and the ways up from inside.
#include "probe.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/nsfs.h>

static void judge_descriptor(int number) {
    char link[64], target[300] = "?";
    struct stat status;
    snprintf(link, sizeof link, "/proc/self/fd/%d", number);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length > 0) target[length] = 0;
    fstat(number, &status);
    if (S_ISDIR(status.st_mode) && leads_outside(number))
        escaped("descriptor %d is %s, outside the root", number, target);
    if (S_ISDIR(status.st_mode) && number < 3) escaped("descriptor %d is a directory: %s", number, target);
    if (number > 2) escaped("inherited descriptor %d: %s", number, target);
}

// Looks for inherited descriptors. close_range must have closed all but the three that are handed over, and those must
// not be directories.
static void inherited(const char *subject) {
    (void)subject;
    long most = sysconf(_SC_OPEN_MAX);
    for (int number = 0; number < (most > 65536 || most < 0 ? 65536 : most); number++)
        if (fcntl(number, F_GETFD) >= 0) judge_descriptor(number);
    harmless("none beyond 0, 1 and 2");
}

// Looks at where it stands. The working directory must lie inside: getcwd must give a path, and `..` end at the root.
static void working_directory(const char *subject) {
    char path[4096] = "";
    (void)subject;
    if (!getcwd(path, sizeof path) || path[0] != '/') escaped("the working directory is unreachable: %s", path);
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (here < 0) refused("open .");
    else if (leads_outside(here)) escaped("the working directory lies outside: %s", path);
    else harmless("stands in %s", path);
    ssize_t length = readlink("/proc/self/cwd", path, sizeof path - 1);
    if (length > 0 && path[0] != '/') escaped("/proc/self/cwd is %.*s", (int)length, path);
}

// The old way out of a chroot: makes another one below while holding a directory outside of it, and climbs. pivot_root
// must leave nothing to climb to.
static void chroot_climb(const char *subject) {
    struct stat before, after;
    (void)subject;
    const char *inner = in_scratch("chroot");
    mkdir(inner, 0700);
    int out = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (stat("/", &before) || chroot(inner)) {
        refused("chroot");
        return;
    }
    if (fchdir(out)) refused("fchdir");
    for (int i = 0; i < 200 && chdir("..") == 0; i++) {}
    if (stat(".", &after) == 0 && !same_place(&before, &after)) escaped("climbed out by chroot");
    harmless("chroot stays inside");
}

static void leave_by_chroot(const char *subject) {
    (void)subject;
    apart(chroot_climb, NULL);
}

// Opens its own program: it must be the guest's file, not the launcher's.
static void own_program(const char *subject) {
    (void)subject;
    int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (program < 0) refused("open /proc/self/exe");
    else if (!is_guest_program(program)) escaped("/proc/self/exe is no file of the jail");
    else harmless("/proc/self/exe is the jail's");
}

static void ask_owner(const char *kind) {
    char path[64];
    struct stat given;
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) {
        refused("open %s", path);
        return;
    }
    int owner = ioctl(namespace, NS_GET_USERNS);
    if (owner < 0) refused("NS_GET_USERNS");
    else if (fstat(owner, &given) == 0 && given.st_ino == fact_number("user", 0xEFFFFFFD))
        escaped("got the host's user namespace from %s", path);
    else harmless("%s is owned inside", kind);
    if (strcmp(kind, "user") && strcmp(kind, "pid")) return;
    if (ioctl(namespace, NS_GET_PARENT) >= 0) escaped("got the parent of the own %s namespace", kind);
    refused("NS_GET_PARENT");
}

// Asks the kernel for the namespaces above its own (ioctl_ns(2)). It must hand out none that is not below the caller's.
static void outer_namespaces(const char *subject) {
    static const char *const kinds[] = {"user", "pid", "mnt", "net", "ipc", "uts", "cgroup"};
    (void)subject;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) ask_owner(kinds[i]);
}

const struct probe descriptor_probes[] = {
    {.name = "descriptors", .attempt = inherited},
    {.name = "working-directory", .attempt = working_directory},
    {.name = "chroot", .attempt = leave_by_chroot},
    {.name = "own-program", .attempt = own_program},
    {.name = "outer-namespaces", .attempt = outer_namespaces},
    {0},
};
