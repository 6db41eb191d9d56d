// Devices: the machine's own disks, memory and ports, reached by a node that is there or one made on the spot.
#include "probe.h"
#include <dirent.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

static bool is_harmless_device(const struct stat *node) {
    unsigned major = major(node->st_rdev), minor = minor(node->st_rdev);
    if (S_ISBLK(node->st_mode)) return false;
    if (major == 1) return minor == 3 || minor == 5 || minor == 7 || minor == 8 || minor == 9;
    if (major == 5) return minor <= 2;      // tty, console, ptmx
    return major >= 136 && major <= 143;    // pts
}

static void look_below(const char *path, int depth) {
    char below[512];
    DIR *directory = depth < 4 ? opendir(path) : NULL;
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        struct stat node;
        if (entry->d_name[0] == '.') continue;
        snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
        if (lstat(below, &node)) continue;
        if (S_ISDIR(node.st_mode)) look_below(below, depth + 1);
        if ((!S_ISCHR(node.st_mode) && !S_ISBLK(node.st_mode)) || is_harmless_device(&node)) continue;
        // Opening is left out: some devices (watchdogs, tapes) act on it.
        escaped("device %s (%u:%u)", below, major(node.st_rdev), minor(node.st_rdev));
    }
    if (directory) closedir(directory);
}

// Looks for nodes beyond null, zero, full, random, urandom, tty, console, ptmx and pts. A fresh /dev must hold no
// other.
static void device_nodes(const char *subject) {
    (void)subject;
    look_below("/dev", 0);
    harmless("only harmless nodes in /dev");
}

static bool open_device(const char *path) {
    int device = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (device < 0) return false;
    close(device);
    return true;
}

// Makes a node by number and opens it, in every directory that may allow nodes. Missing CAP_MKNOD in the first user
// namespace must stop the making; `nodev` or the device cgroup the opening.
static void make_node(const char *description) {
    static const char *const places[] = {"/", "/dev", "/dev/shm", "/tmp", "/run", "/root", "/var", "/mnt"};
    char path[64], kind;
    unsigned major, minor;
    if (sscanf(description, "%c %u:%u", &kind, &major, &minor) != 3) unavailable("no disk= given");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s/probe-node-%d", places[i], getpid());
        if (mknod(path, (kind == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(major, minor))) {
            refused("mknod");
            continue;
        }
        bool opened = open_device(path);
        int error = errno;
        unlink(path);
        if (!opened && (error == ENXIO || error == ENODEV))
            unavailable("made in %s, but there is no such device", places[i]);
        errno = error;
        if (!opened) refused("made, open");
        if (opened) escaped("made and opened device %s in %s", description, places[i]);
    }
}

static void make_disk(const char *subject) {
    char description[64] = "";
    (void)subject;
    if (fact("disk")) snprintf(description, sizeof description, "b %s", fact("disk"));
    make_node(description);
}

// Opens a node that may be there already. A fresh /dev without it must stop that.
static void open_node(const char *path) {
    if (open_device(path)) escaped("%s opened", path);
    refused("open %s", path);
}

// Reads the first sector of any disk, by its usual names.
static void raw_disk(const char *subject) {
    static const char *const names[] = {
        "/dev/sda", "/dev/vda", "/dev/xvda", "/dev/nvme0n1", "/dev/mmcblk0", "/dev/dm-0", "/dev/md0", "/dev/loop0",
    };
    (void)subject;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) open_node(names[i]);
}

// Asks for a free loop device: with one, any file becomes a disk. /dev without loop-control must stop that.
static void loop_device(const char *subject) {
    (void)subject;
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) refused("open /dev/loop-control");
    else if (dry || ioctl(control, LOOP_CTL_GET_FREE) >= 0) escaped("loop devices to be had");
    else refused("LOOP_CTL_GET_FREE");
}

// Gets at the I/O ports. CAP_SYS_RAWIO in the first user namespace, and the filter, must stop it; no port is touched.
static void io_ports(const char *subject) {
    (void)subject;
    if (iopl(3) == 0) escaped("iopl(3)");
    refused("iopl");
    if (ioperm(0x80, 1, 1) == 0) escaped("ioperm");
    refused("ioperm");
}

const struct probe device_probes[] = {
    {.name = "device-nodes", .attempt = device_nodes},
    {.name = "mknod-mem", .attempt = make_node, .subject = "c 1:1"},
    {.name = "mknod-kmem", .attempt = make_node, .subject = "c 1:2"},
    {.name = "mknod-port", .attempt = make_node, .subject = "c 1:4"},
    {.name = "mknod-kmsg", .attempt = make_node, .subject = "c 1:11"},
    {.name = "mknod-null", .attempt = make_node, .subject = "c 1:3"},
    {.name = "mknod-tty0", .attempt = make_node, .subject = "c 4:0"},
    {.name = "mknod-fuse", .attempt = make_node, .subject = "c 10:229"},
    {.name = "mknod-tun", .attempt = make_node, .subject = "c 10:200"},
    {.name = "mknod-kvm", .attempt = make_node, .subject = "c 10:232"},
    {.name = "mknod-sda", .attempt = make_node, .subject = "b 8:0"},
    {.name = "mknod-loop", .attempt = make_node, .subject = "b 7:0"},
    {.name = "mknod-disk", .attempt = make_disk},
    {.name = "dev-mem", .attempt = open_node, .subject = "/dev/mem"},
    {.name = "dev-kmem", .attempt = open_node, .subject = "/dev/kmem"},
    {.name = "dev-port", .attempt = open_node, .subject = "/dev/port"},
    {.name = "raw-disk", .attempt = raw_disk},
    {.name = "loop-device", .attempt = loop_device},
    {.name = "io-ports", .attempt = io_ports},
    {0},
};
