#define _GNU_SOURCE
#include "storage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/dqblk_xfs.h>
#include <linux/btrfs_tree.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/quota.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

static inline long kernel_form(long result) { return result < 0 ? -(long)errno : result; }

long clinux_fstatfs(int fd, struct clinux_space *space) {
    struct statfs raw;
    long result = kernel_form(fstatfs(fd, &raw));
    if (result < 0) return result;
    *space = (struct clinux_space){
        .type = raw.f_type,
        .block_size = (uint64_t)raw.f_bsize,
        .blocks = raw.f_blocks,
        .free = raw.f_bfree,
        .available = raw.f_bavail,
        .files = raw.f_files,
        .free_files = raw.f_ffree,
    };
    return 0;
}
long clinux_fchmod(int fd, unsigned mode) { return kernel_form(fchmod(fd, mode)); }
long clinux_create_as(unsigned uid, unsigned gid) {
    // The kernel takes the privileges over files away with the change, and lets them be raised again.
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    setfsgid(gid);
    setfsuid(uid);
    if ((unsigned)setfsuid(-1) != uid || (unsigned)setfsgid(-1) != gid) return -EPERM;
    long result = kernel_form(syscall(SYS_capget, &header, data));
    if (result < 0) return result;
    for (int half = 0; half < 2; half++) data[half].effective = data[half].permitted;
    return kernel_form(syscall(SYS_capset, &header, data));
}
long clinux_syncfs(int fd) { return kernel_form(syncfs(fd)); }
long clinux_utimens(int dirfd, const char *path, int64_t seconds, int64_t nanoseconds) {
    struct timespec times[2] = {{.tv_sec = seconds, .tv_nsec = nanoseconds}, {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    return kernel_form(utimensat(dirfd, path, times, AT_SYMLINK_NOFOLLOW));
}

long clinux_fgetxattr(int fd, const char *name, void *value, size_t size) {
    return kernel_form(fgetxattr(fd, name, value, size));
}
long clinux_flistxattr(int fd, char *names, size_t size) { return kernel_form(flistxattr(fd, names, size)); }
long clinux_fsetxattr(int fd, const char *name, const void *value, size_t size) {
    return kernel_form(fsetxattr(fd, name, value, size, 0));
}
long clinux_copy_range(int from, int to, size_t count) {
    return kernel_form(copy_file_range(from, NULL, to, NULL, count, 0));
}

// --- projects -------------------------------------------------------------------------------------------------------
long clinux_project_get(int fd, uint32_t *project, int *inherits) {
    struct fsxattr attributes;
    long result = kernel_form(ioctl(fd, FS_IOC_FSGETXATTR, &attributes));
    if (result < 0) return result;
    *project = attributes.fsx_projid;
    *inherits = (attributes.fsx_xflags & FS_XFLAG_PROJINHERIT) != 0;
    return 0;
}
long clinux_project_set(int fd, uint32_t project, int inherits) {
    struct fsxattr attributes;
    long result = kernel_form(ioctl(fd, FS_IOC_FSGETXATTR, &attributes));
    if (result < 0) return result;
    attributes.fsx_projid = project;
    attributes.fsx_xflags &= ~(uint32_t)FS_XFLAG_PROJINHERIT;
    if (inherits) attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
    return kernel_form(ioctl(fd, FS_IOC_FSSETXATTR, &attributes));
}
static long quota(int fd, unsigned command, uint32_t project, void *argument) {
    return kernel_form(syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), project, argument));
}
long clinux_quota_enforced(int fd) {
    // Q_XGETQSTATV tells the two apart, for ext4 as well: the kernel answers for every file system with quota files.
    struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};
    long result = quota(fd, Q_XGETQSTATV, 0, &state);
    if (result < 0) return result;
    return (state.qs_flags & FS_QUOTA_PDQ_ENFD) != 0;
}
long clinux_quota_get(int fd, uint32_t project, struct clinux_quota *out) {
    struct if_dqblk raw = {0};
    long result = quota(fd, Q_GETQUOTA, project, &raw);
    if (result < 0) return result;
    // Limits are in blocks of 1,024 bytes, use is in bytes.
    *out = (struct clinux_quota){
        .space_limit = raw.dqb_bhardlimit << 10,
        .space_used = raw.dqb_curspace,
        .inode_limit = raw.dqb_ihardlimit,
        .inode_used = raw.dqb_curinodes,
    };
    return 0;
}
long clinux_quota_set(int fd, uint32_t project, uint64_t space_limit, uint64_t inode_limit) {
    // No soft limit: a grace period would be a second limit that nobody asked for. But statfs(2) shows the soft one
    // where it is set, and the hard one otherwise.
    struct if_dqblk raw = {
        .dqb_bhardlimit = (space_limit + 1023) >> 10,
        .dqb_ihardlimit = inode_limit,
        .dqb_valid = QIF_LIMITS,
    };
    return quota(fd, Q_SETQUOTA, project, &raw);
}

// --- btrfs ----------------------------------------------------------------------------------------------------------
long clinux_btrfs_subvolume_create(int dirfd, const char *name) {
    struct btrfs_ioctl_vol_args arguments = {0};
    if (strlen(name) > BTRFS_PATH_NAME_MAX) return -ENAMETOOLONG;
    strcpy(arguments.name, name);
    return kernel_form(ioctl(dirfd, BTRFS_IOC_SUBVOL_CREATE, &arguments));
}
long clinux_btrfs_snapshot(int dirfd, const char *name, int source) {
    struct btrfs_ioctl_vol_args_v2 arguments = {.fd = source};
    if (strlen(name) > BTRFS_SUBVOL_NAME_MAX) return -ENAMETOOLONG;
    strcpy(arguments.name, name);
    return kernel_form(ioctl(dirfd, BTRFS_IOC_SNAP_CREATE_V2, &arguments));
}
long clinux_btrfs_subvolume_delete(int dirfd, const char *name) {
    struct btrfs_ioctl_vol_args arguments = {0};
    if (strlen(name) > BTRFS_PATH_NAME_MAX) return -ENAMETOOLONG;
    strcpy(arguments.name, name);
    return kernel_form(ioctl(dirfd, BTRFS_IOC_SNAP_DESTROY, &arguments));
}
long clinux_btrfs_subvolume_id(int fd, uint64_t *id) {
    struct btrfs_ioctl_ino_lookup_args arguments = {.treeid = 0, .objectid = BTRFS_FIRST_FREE_OBJECTID};
    long result = kernel_form(ioctl(fd, BTRFS_IOC_INO_LOOKUP, &arguments));
    if (result >= 0) *id = arguments.treeid;
    return result;
}
long clinux_btrfs_qgroup_create(int fd, uint64_t id, int create) {
    struct btrfs_ioctl_qgroup_create_args arguments = {.create = (uint64_t)create, .qgroupid = id};
    return kernel_form(ioctl(fd, BTRFS_IOC_QGROUP_CREATE, &arguments));
}
long clinux_btrfs_qgroup_assign(int fd, uint64_t member, uint64_t group, int assign) {
    struct btrfs_ioctl_qgroup_assign_args arguments = {.assign = (uint64_t)assign, .src = member, .dst = group};
    return kernel_form(ioctl(fd, BTRFS_IOC_QGROUP_ASSIGN, &arguments));
}
long clinux_btrfs_qgroup_limit(int fd, uint64_t id, uint64_t referenced) {
    struct btrfs_ioctl_qgroup_limit_args arguments = {.qgroupid = id};
    arguments.lim.flags = BTRFS_QGROUP_LIMIT_MAX_RFER;
    // All ones is the kernel's "no limit".
    arguments.lim.max_rfer = referenced == 0 ? UINT64_MAX : referenced;
    return kernel_form(ioctl(fd, BTRFS_IOC_QGROUP_LIMIT, &arguments));
}
static long qgroup_item(int fd, uint64_t id, uint32_t type, void *item, size_t size) {
    struct btrfs_ioctl_search_args arguments = {0};
    struct btrfs_ioctl_search_key *key = &arguments.key;
    key->tree_id = BTRFS_QUOTA_TREE_OBJECTID;
    key->min_type = key->max_type = type;
    key->min_offset = key->max_offset = id;
    key->max_transid = UINT64_MAX;
    key->nr_items = 1;
    long result = kernel_form(ioctl(fd, BTRFS_IOC_TREE_SEARCH, &arguments));
    if (result < 0) return result;
    if (key->nr_items == 0) return -ENOENT;
    struct btrfs_ioctl_search_header header;
    memcpy(&header, arguments.buf, sizeof header);
    if (header.len < size) return -EPROTO;
    memcpy(item, arguments.buf + sizeof header, size);
    return 0;
}
long clinux_btrfs_qgroup_usage(int fd, uint64_t id, uint64_t *referenced, uint64_t *limit) {
    struct btrfs_qgroup_info_item info;
    long result = qgroup_item(fd, id, BTRFS_QGROUP_INFO_KEY, &info, sizeof info);
    if (result < 0) return result;
    *referenced = info.rfer;
    struct btrfs_qgroup_limit_item set;
    *limit = 0;
    if (qgroup_item(fd, id, BTRFS_QGROUP_LIMIT_KEY, &set, sizeof set) < 0) return 0;
    if ((set.flags & BTRFS_QGROUP_LIMIT_MAX_RFER) != 0 && set.max_rfer != UINT64_MAX) *limit = set.max_rfer;
    return 0;
}

// --- loop devices ---------------------------------------------------------------------------------------------------
long clinux_loop_free(int control) { return kernel_form(ioctl(control, LOOP_CTL_GET_FREE)); }
long clinux_loop_configure(int loop, int file, int read_only) {
    struct loop_config configuration = {.fd = (uint32_t)file, .block_size = 4096};
    // Direct: or every page would be cached twice, once for the image and once for what is in it.
    configuration.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO | (read_only ? LO_FLAGS_READ_ONLY : 0);
    return kernel_form(ioctl(loop, LOOP_CONFIGURE, &configuration));
}
long clinux_loop_resized(int loop) { return kernel_form(ioctl(loop, LOOP_SET_CAPACITY)); }
long clinux_ext4_resize(int fd, uint64_t blocks) {
    // fs/ext4/ext4.h: EXT4_IOC_RESIZE_FS; no header for programs has it before Linux 6.
    return kernel_form(ioctl(fd, _IOW('f', 16, uint64_t), &blocks));
}
long clinux_loop_backing(int loop, uint64_t *device, uint64_t *inode) {
    struct loop_info64 information;
    long result = kernel_form(ioctl(loop, LOOP_GET_STATUS64, &information));
    if (result < 0) return result;
    *device = information.lo_device;
    *inode = information.lo_inode;
    return 0;
}

// --- shared extents -------------------------------------------------------------------------------------------------
long clinux_reflink(int to, int from) { return kernel_form(ioctl(to, FICLONE, from)); }
long clinux_dedupe(int from, int to, uint64_t offset, uint64_t length) {
    // The request ends in an array of destinations: one of them, in a buffer of its own size.
    union {
        struct file_dedupe_range range;
        char room[sizeof(struct file_dedupe_range) + sizeof(struct file_dedupe_range_info)];
    } request = {0};
    struct file_dedupe_range *range = &request.range;
    range->src_offset = offset;
    range->src_length = length;
    range->dest_count = 1;
    range->info[0].dest_fd = to;
    range->info[0].dest_offset = offset;
    long result = kernel_form(ioctl(from, FIDEDUPERANGE, range));
    if (result < 0) return result;
    if (range->info[0].status == FILE_DEDUPE_RANGE_DIFFERS) return -EILSEQ;
    if (range->info[0].status < 0) return range->info[0].status;
    return (long)range->info[0].bytes_deduped;
}
