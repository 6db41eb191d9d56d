// A jail that holds nothing: the proof that the probes can see an escape. Harmless, as it runs them with --dry.
//
//     weak open ROOT NAME [FACT …]     own mount namespace and root, the host's /proc, /sys, /dev, all privileges
//     weak chroot ROOT NAME [FACT …]   the same, but by chroot instead of pivot_root
//     weak filter ROOT NAME [FACT …]   as `open`, with a filter that knows the native system call numbers only
//     weak init ROOT NAME [FACT …]     as `open`, in a pid namespace whose PID 1 is a program from outside, unguarded
//     weak stray ROOT NAME [FACT …]    as `open`, but the probe itself is a program from outside
#include "probe.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { LEFT_OPEN = 9 };

static void must(bool done, const char *what) {
    if (done) return;
    fprintf(stderr, "probe weak: %s: %s\n", what, strerror(errno));
    exit(3);
}

static void bind(const char *root, const char *path) {
    char where[4096];
    snprintf(where, sizeof where, "%s%s", root, path);
    must(mount(path, where, NULL, MS_BIND | MS_REC, NULL) == 0, where);
}

static void cover(const char *root, const char *path) {
    char where[4096];
    snprintf(where, sizeof where, "%s%s", root, path);
    must(mount("/dev/null", where, NULL, MS_BIND, NULL) == 0, where);
}

static void make_read_only(const char *path) {
    must(mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0, path);
}

// Masks, a read-only root and a read-only volume are there, but nothing that keeps them from being undone.
static void furnish(const char *root) {
    char volume[4096];
    must(unshare(CLONE_NEWNS) == 0, "unshare");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "make mounts private");
    must(mount(root, root, NULL, MS_BIND, NULL) == 0, root);
    bind(root, "/proc");
    bind(root, "/sys");
    bind(root, "/dev");
    cover(root, "/proc/key-users");
    snprintf(volume, sizeof volume, "%s/volume", root);
    must(mount("tmpfs", volume, "tmpfs", 0, NULL) == 0, volume);
    make_read_only(volume);
    snprintf(volume, sizeof volume, "%s/tmp", root);
    must(mount("tmpfs", volume, "tmpfs", 0, NULL) == 0, volume);
    must(mount(NULL, volume, NULL, MS_SHARED, NULL) == 0, volume);
    make_read_only(root);
}

// The host's root stays the working directory, and open as descriptor 9: CVE-2024-21626.
static void leave_directory_open(void) {
    int root = open("/", O_RDONLY | O_DIRECTORY);
    must(root >= 0 && dup2(root, LEFT_OPEN) == LEFT_OPEN && fchdir(LEFT_OPEN) == 0, "open /");
    close(root);
}

static void enter(const char *root, bool by_chroot) {
    if (by_chroot) {
        must(chroot(root) == 0, "chroot");
        return;
    }
    must(chdir(root) == 0 && syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
    must(umount2(".", MNT_DETACH) == 0 && chroot("/") == 0 && fchdir(LEFT_OPEN) == 0, "detach the old root");
}

// Denies io_uring_setup by its native number, and lets everything of other architectures through.
static void load_careless_filter(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "load filter");
}

// This process becomes the launcher, its child PID 1, which keeps running this program; the probe is the grandchild.
static void become_child_of_foreign_init(void) {
    must(unshare(CLONE_NEWPID) == 0, "unshare");
    for (int generation = 0; generation < 2; generation++) {
        int status = 0;
        pid_t child = fork();
        must(child >= 0, "fork");
        if (child > 0) {
            waitpid(child, &status, 0);
            exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (generation == 0) must(mount("proc", "/proc", "proc", 0, NULL) == 0, "mount proc");
    }
}

static int weak(int argc, char **argv) {
    if (argc < 3) return 3;
    const char *kind = argv[0], *root = realpath(argv[1], NULL);
    struct rlimit low = {1024, 4096};
    must(root, argv[1]);
    furnish(root);
    int outside = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    leave_directory_open();
    enter(root, !strcmp(kind, "chroot"));
    must(setrlimit(RLIMIT_NOFILE, &low) == 0, "setrlimit");
    if (!strcmp(kind, "filter")) load_careless_filter();
    if (!strcmp(kind, "init")) become_child_of_foreign_init();
    char *arguments[80] = {"probe", "--dry"};
    for (int i = 2; i < argc && i < 78; i++) arguments[i] = argv[i];
    if (!strcmp(kind, "stray")) fexecve(outside, arguments, environ);
    execv("/probe", arguments);
    must(false, "/probe");
    return 3;
}

const struct tool weak_tools[] = {
    {"weak", "open|chroot|filter|init|stray ROOT NAME [KEY=VALUE ...]", weak},
    {0},
};
