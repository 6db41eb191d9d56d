#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <linux/reboot.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long kernel_form(long result) { return result < 0 ? -(long)errno : result; }

long clinux_finit_module(int fd, const char *parameters, int flags) {
    return kernel_form(syscall(SYS_finit_module, fd, parameters, flags));
}

long clinux_power_off(void) {
    return kernel_form(syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, 0));
}

void clinux_sync(void) { sync(); }

long clinux_remount_read_only(const char *path) {
    return kernel_form(mount(0, path, 0, MS_REMOUNT | MS_RDONLY, 0));
}
