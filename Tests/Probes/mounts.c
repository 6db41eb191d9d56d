// Mounts: undoing what the jail's own mounts forbid, and reaching what they leave out.
#include "probe.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

// A directory of somebody else may refuse the file; then the flag alone shows that the mount gave way.
static bool is_writable(const char *directory) {
    char path[300];
    struct statvfs status;
    snprintf(path, sizeof path, "%s/probe-written", directory);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return errno != EROFS && statvfs(directory, &status) == 0 && !(status.f_flag & ST_RDONLY);
    close(file);
    unlink(path);
    return true;
}

static bool lift_read_only(const char *path) {
    struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) == 0) return true;
    refused("remount %s", path);
    if (mount_setattr(AT_FDCWD, path, 0, &writable, sizeof writable) == 0) return true;
    refused("mount_setattr %s", path);
    return false;
}

static void rewrite(const char *path) {
    private_mounts();
    bool lifted = lift_read_only(path);
    // Of the whole file system, which on the host would be everybody's.
    lifted |= !dry && mount(NULL, path, NULL, MS_REMOUNT, NULL) == 0;
    if (is_writable(path)) escaped("%s made writable", path);
    if (lifted) harmless("%s remounted, still read-only", path);
    // A copy made elsewhere may have lost the flag.
    const char *copy = in_scratch("copy");
    if (!mount_clone(path, copy)) return;
    lift_read_only(copy);
    if (is_writable(copy)) escaped("copy of %s made writable", path);
    harmless("copy of %s still read-only", path);
}

// Makes a read-only root or volume writable. Missing CAP_SYS_ADMIN must stop it, or the mount being locked by an outer
// user namespace.
static void remount_root(const char *subject) {
    struct statvfs status;
    (void)subject;
    if (statvfs("/", &status) || !(status.f_flag & ST_RDONLY)) unavailable("root is writable here");
    apart(rewrite, "/");
}

static void remount_volume(const char *subject) {
    (void)subject;
    const char *volume = fact("volume");
    if (!volume) unavailable("no volume= given");
    if (is_writable(volume)) escaped("read-only volume %s can be written", volume);
    apart(rewrite, volume);
}

static void remount_below(const char *path) {
    private_mounts();
    if (lift_read_only(path) || umount2(path, MNT_DETACH) == 0) judge_proc("/proc");
}

// Remounts read-only parts of /proc, then writes core_pattern and its like. The knobs must refuse by ownership (user
// namespace) even when the mount gives way.
static void remount_proc(const char *subject) {
    static const char *const paths[] = {"/proc", "/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"};
    (void)subject;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) apart(remount_below, paths[i]);
}

static void remount_sys_body(const char *path) {
    private_mounts();
    if (lift_read_only(path)) judge_sys(path);
}

// The same for /sys.
static void remount_sys(const char *subject) {
    (void)subject;
    apart(remount_sys_body, "/sys");
}

static void new_instance(const char *type) {
    private_mounts();
    const char *where = in_scratch(type);
    if (!mount_fresh(type, NULL, where)) return;
    if (!strcmp(type, "proc")) judge_proc(where);
    else judge_sys(where);
}

// Mounts another proc or sysfs, which comes without masks and read-only flags. Same guards.
static void new_mount(const char *type) { apart(new_instance, type); }

static void copy_knobs(const char *path) {
    private_mounts();
    const char *where = in_scratch("uncovered");
    if (!mount_clone(path, where)) return;
    if (!strcmp(path, "/proc")) judge_proc(where);
    else judge_sys(where);
}

// Clones /proc and /sys without the mounts that cover parts of them. Same guards; locked mounts stop the cloning.
static void uncover_knobs(const char *subject) {
    (void)subject;
    apart(copy_knobs, "/proc");
    apart(copy_knobs, "/sys");
}

static const char *const masks[] = {
    "/proc/kcore", "/proc/keys", "/proc/key-users", "/proc/timer_list", "/proc/latency_stats", "/proc/sched_debug",
    "/proc/scsi", "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kallsyms", "/sys/firmware",
    "/sys/devices/virtual/powercap",
};
enum { MASKS = sizeof masks / sizeof *masks };
static bool hidden[MASKS];

static void compare_masks(const char *proc, const char *sys) {
    for (int i = 0; i < MASKS; i++) {
        char path[400];
        bool in_proc = !strncmp(masks[i], "/proc", 5);
        const char *where = in_proc ? proc : sys;
        if (!where || !hidden[i]) continue;
        snprintf(path, sizeof path, "%s%s", where, masks[i] + (in_proc ? 5 : 4));
        if (reveals(path)) escaped("uncovered %s", masks[i]);
    }
}

static void unmount_mask(const char *path) {
    private_mounts();
    if (umount2(path, MNT_DETACH)) refused("umount");
    else compare_masks("/proc", "/sys");
}

static void see_behind(const char *where) {
    private_mounts();
    const char *copy = in_scratch("behind");
    bool proc = !strcmp(where, "/proc");
    if (mount_clone(where, copy)) compare_masks(proc ? copy : NULL, proc ? NULL : copy);
}

static void see_anew(const char *type) {
    private_mounts();
    const char *copy = in_scratch("anew");
    bool proc = !strcmp(type, "proc");
    if (mount_fresh(type, NULL, copy)) compare_masks(proc ? copy : NULL, proc ? NULL : copy);
}

// Gets at what masks hide (CVE-2025-31133 and its kin once the race is lost): unmounts them, clones the tree without
// them, mounts it anew. Missing CAP_SYS_ADMIN must stop it, or the masks being locked.
static void uncover_masks(const char *subject) {
    (void)subject;
    for (int i = 0; i < MASKS; i++) hidden[i] = !reveals(masks[i]);
    for (int i = 0; i < MASKS; i++) apart(unmount_mask, masks[i]);
    apart(see_behind, "/proc");
    apart(see_behind, "/sys");
    apart(see_anew, "proc");
    apart(see_anew, "sysfs");
}

static void mount_block_device(const char *type) {
    unsigned major, minor;
    const char *node = in_scratch("disk"), *where = in_scratch(type);
    private_mounts();
    const char *disk = fact("disk");
    if (!disk || sscanf(disk, "%u:%u", &major, &minor) != 2) major = 8, minor = 0;
    if (mknod(node, S_IFBLK | 0600, makedev(major, minor))) refused("mknod");
    if (mount_fresh(type, node, where)) escaped("mounted the host's disk as %s", type);
}

// Mounts the host's disk. These file systems must not be mountable from an own user namespace.
static void mount_disk(const char *subject) {
    static const char *const types[] = {"ext4", "xfs", "btrfs", "vfat", "erofs", "squashfs"};
    (void)subject;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) apart(mount_block_device, types[i]);
}

static void mount_host_type(const char *type) {
    private_mounts();
    if (mount_fresh(type, NULL, in_scratch(type))) escaped("mounted the host's %s", type);
}

// Mounts file systems there is one of for the whole machine: debug and trace files, pstore, the device tree of the
// host, EFI variables. Only the first user namespace may.
static void mount_kernel_tree(const char *subject) {
    static const char *const types[] = {
        "debugfs", "tracefs", "devtmpfs", "securityfs", "pstore", "efivarfs", "configfs",
    };
    (void)subject;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) apart(mount_host_type, types[i]);
}

// Looks for mounts that pass events on to, or take them from, another namespace: what is mounted on them here would
// appear outside. Every mount must be private.
static void propagation(const char *subject) {
    static char text[1 << 18];
    (void)subject;
    if (read_file("/proc/self/mountinfo", text, sizeof text) < 0) {
        refused("read mountinfo");
        return;
    }
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *dash = strstr(line, " - "), place[200] = "";
        if (dash) *dash = 0;
        sscanf(line, "%*s %*s %*s %*s %199s", place);
        if (strstr(line, " shared:")) escaped("mount %s is shared", place);
        if (strstr(line, " master:")) escaped("mount %s follows another namespace", place);
    }
    harmless("every mount private");
}

static void swap_namespace_root(const char *subject) {
    struct stat before, after;
    (void)subject;
    int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (own < 0 || stat("/", &before)) refused("open /proc/self/ns/mnt");
    else if (setns(own, CLONE_NEWNS)) refused("setns to the own namespace");
    else if (stat("/", &after) == 0 && !same_place(&before, &after)) escaped("the namespace's root lies outside");
    else harmless("the namespace's root is the jail's");
}

static void unmount_root(const char *subject) {
    struct stat before, after;
    (void)subject;
    private_mounts();
    if (stat("/", &before) || umount2("/", MNT_DETACH)) {
        refused("umount /");
        return;
    }
    if (chdir("/..") == 0 && stat(".", &after) == 0 && !same_place(&before, &after))
        escaped("a root lay under the root");
    harmless("nothing under the root");
}

// Looks for another root under this one: by joining the own mount namespace anew, which starts at its true root (the
// way out of a chroot, and of MS_MOVE without pivot_root), and by taking the root away. pivot_root must leave nothing.
static void beneath_root(const char *subject) {
    (void)subject;
    apart(swap_namespace_root, NULL);
    apart(unmount_root, NULL);
}

const struct probe mount_probes[] = {
    {.name = "remount-root", .attempt = remount_root},
    {.name = "remount-volume", .attempt = remount_volume},
    {.name = "remount-proc", .attempt = remount_proc},
    {.name = "remount-sys", .attempt = remount_sys},
    {.name = "new-proc", .attempt = new_mount, .subject = "proc"},
    {.name = "new-sysfs", .attempt = new_mount, .subject = "sysfs"},
    {.name = "uncover-knobs", .attempt = uncover_knobs},
    {.name = "uncover-masks", .attempt = uncover_masks},
    {.name = "mount-disk", .attempt = mount_disk},
    {.name = "mount-kernel-tree", .attempt = mount_kernel_tree},
    {.name = "propagation", .attempt = propagation},
    {.name = "beneath-root", .attempt = beneath_root},
    {0},
};
