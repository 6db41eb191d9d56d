// Disk limits and copies without copying: quotas of projects and of btrfs, loop devices, shared extents.
//
// As everywhere in CLinux a function returns what the kernel returns: a value >= 0, or the negated errno.
#ifndef CLINUX_STORAGE_H
#define CLINUX_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// statfs(2) by descriptor, all the fields that `df` shows.
struct clinux_space {
    int64_t type;
    uint64_t block_size, blocks, free, available, files, free_files;
};
long clinux_fstatfs(int fd, struct clinux_space *space);
long clinux_syncfs(int fd);
long clinux_fchmod(int fd, unsigned mode);
// Makes this (single-threaded) process create files as `uid`:`gid` and keep every privilege; setfsuid(2).
long clinux_create_as(unsigned uid, unsigned gid);
long clinux_utimens(int dirfd, const char *path, int64_t seconds, int64_t nanoseconds);

// Extended attributes of an open file, or of a path that is not followed (l*).
long clinux_fgetxattr(int fd, const char *name, void *_Nullable value, size_t size);
long clinux_flistxattr(int fd, char *_Nullable names, size_t size);
long clinux_fsetxattr(int fd, const char *name, const void *value, size_t size);
// Bytes copied inside the kernel, which may share them or leave holes; copy_file_range(2).
long clinux_copy_range(int from, int to, size_t count);

// Project of a file (FS_IOC_FSGETXATTR) and the quota of a project (quotactl_fd(2), which Debian 12 has no wrapper for).
long clinux_project_get(int fd, uint32_t *project, int *inherits);
long clinux_project_set(int fd, uint32_t project, int inherits);
// 1: projects are held to limits; 0: they are only counted; an error: neither.
long clinux_quota_enforced(int fd);
struct clinux_quota {
    uint64_t space_limit, space_used, inode_limit, inode_used;
};
long clinux_quota_get(int fd, uint32_t project, struct clinux_quota *quota);
long clinux_quota_set(int fd, uint32_t project, uint64_t space_limit, uint64_t inode_limit);

// btrfs: subvolumes and the quota groups over them; btrfs-ioctl(2).
long clinux_btrfs_subvolume_create(int dirfd, const char *name);
long clinux_btrfs_snapshot(int dirfd, const char *name, int source);
long clinux_btrfs_subvolume_delete(int dirfd, const char *name);
long clinux_btrfs_subvolume_id(int fd, uint64_t *id);
long clinux_btrfs_qgroup_create(int fd, uint64_t id, int create);
long clinux_btrfs_qgroup_assign(int fd, uint64_t member, uint64_t group, int assign);
long clinux_btrfs_qgroup_limit(int fd, uint64_t id, uint64_t referenced);
// Bytes referenced and their limit (0: none); ENOENT when there is no such group or quotas are off.
long clinux_btrfs_qgroup_usage(int fd, uint64_t id, uint64_t *referenced, uint64_t *limit);

// Loop devices: a free one, configured in one step, gone by itself when nobody has it open or mounted.
long clinux_loop_free(int control);
long clinux_loop_configure(int loop, int file, int read_only);
// Tells a device that its file has another size.
long clinux_loop_resized(int loop);
// Grows a mounted ext4 to `blocks` of its own; ext4(5), EXT4_IOC_RESIZE_FS.
long clinux_ext4_resize(int fd, uint64_t blocks);
long clinux_loop_backing(int loop, uint64_t *device, uint64_t *inode);

// Shared extents: FICLONE, and FIDEDUPERANGE which compares under lock before it shares.
long clinux_reflink(int to, int from);
// Bytes shared from `from` at offset to `to` at the same offset; -EILSEQ when the contents differ.
long clinux_dedupe(int from, int to, uint64_t offset, uint64_t length);

#pragma clang assume_nonnull end
#endif
