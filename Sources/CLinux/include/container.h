// System calls that only the OCI runtime's plans need; see clinux.h for the rules.
#ifndef CLINUX_CONTAINER_H
#define CLINUX_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// glibc has no wrapper for these.
long clinux_sched_setattr(int pid, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
                          uint64_t deadline, uint64_t period);
long clinux_ioprio_set(int which, int who, int value);
long clinux_set_mempolicy(int mode, const uint64_t *_Nullable mask, unsigned long bits);
long clinux_pidfd_getfd(int pidfd, int number);
// personality(2), whose glibc wrapper turns large results into errors.
long clinux_personality(unsigned long persona);
// Only one of the three ids each time, so that saved ids follow.
long clinux_getpgid(int pid);
long clinux_getuid(void);
long clinux_getgid(void);
// The ST_* flags of the file system behind an open file.
long clinux_mount_flags(int fd);
// A connected SOCK_STREAM socket to `path` (shorter than 108 bytes; a leading @ means the abstract name space).
long clinux_unix_stream(const char *path);
long clinux_keyctl_describe_session(void);
long clinux_eventfd(unsigned initial);
// Lets the terminal write line ends as they are, without a carriage return before them.
long clinux_tty_plain_newlines(int fd);
// Moves the interface `name` of the caller's network namespace into the one behind `namespace`, as `renamed`.
long clinux_link_move(const char *name, const char *renamed, int namespace_fd);

#pragma clang assume_nonnull end
#endif
