// System calls of a machine's own PID 1; the conventions are clinux.h's: like the system call, with -errno for errors.
#ifndef CLINUX_MACHINE_H
#define CLINUX_MACHINE_H

#include <stddef.h>

// finit_module(2): no wrapper in glibc.
long clinux_finit_module(int fd, const char *_Nonnull parameters, int flags);
// reboot(2) with its magic numbers.
long clinux_power_off(void);
void clinux_sync(void);
// mount(2) with MS_REMOUNT: mount_setattr closes a mount, this closes the file system and writes it out.
long clinux_remount_read_only(const char *_Nonnull path);

#endif
