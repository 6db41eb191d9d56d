// A container's first process is this program until it executes the container's own. Whoever gets hold of its
// /proc/PID/exe meanwhile, or has it execute /proc/self/exe, holds a descriptor of the host's file and, as root without a
// user namespace, can write to it later (CVE-2019-5736). So every command that puts a process into a container runs from a
// detached read-only mount of the program's file: the descriptor then answers EROFS for good, and nobody in a container
// can reach that mount to change it.
//
// It is done in a constructor, in C: the first execution then costs no more than the kernel's part of it.
#define _GNU_SOURCE
#include "readonlyself.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

void readonlyself_keep(void) {}

static int enters_container(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "create") || !strcmp(argv[i], "run") || !strcmp(argv[i], "exec")) return 1;
    return 0;
}

__attribute__((constructor)) static void become_read_only(int argc, char **argv, char **envp) {
    struct statvfs status;
    if (geteuid() != 0 || !enters_container(argc, argv)) return;
    // The mark of a second round, and of a host that keeps its programs on a read-only file system.
    if (statvfs("/proc/self/exe", &status) == 0 && (status.f_flag & ST_RDONLY)) return;
    int mount = (int)syscall(SYS_open_tree, AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (mount < 0) return;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0)
        syscall(SYS_execveat, mount, "", argv, envp, AT_EMPTY_PATH);
    // Where that is not possible (no right to mount, as in a user namespace), the caller of this program is not the host's
    // root either and cannot write to what root owns.
    close(mount);
}
