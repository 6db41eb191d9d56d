// Socket options, interface names and Landlock: calls that take structures by pointer or are missing from glibc 2.36.
// Every function returns a value >= 0, or the negated errno.
#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// setsockopt(2) with an int.
long clinux_setsockopt_int(int fd, int level, int name, int value);
// The number of the interface `name` in the namespace of the socket `fd`; ioctl SIOCGIFINDEX.
long clinux_interface_index(int fd, const char *name);
// Landlock: the ABI version; a rule set with these scopes and no rules put on the calling thread.
long clinux_landlock_abi(void);
long clinux_landlock_scope(uint64_t scoped);

#pragma clang assume_nonnull end
#endif
