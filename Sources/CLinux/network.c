#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long kernel_form(long result) { return result < 0 ? -(long)errno : result; }

long clinux_setsockopt_int(int fd, int level, int name, int value) {
    return kernel_form(setsockopt(fd, level, name, &value, sizeof value));
}

long clinux_interface_index(int fd, const char *name) {
    struct ifreq request = {0};
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    long result = kernel_form(ioctl(fd, SIOCGIFINDEX, &request));
    return result < 0 ? result : request.ifr_ifindex;
}

// linux/landlock.h of Debian 12 knows neither the third field nor the scopes.
struct landlock_rules {
    uint64_t handled_access_fs, handled_access_net, scoped;
};
enum { CREATE_RULESET = 444, RESTRICT_SELF = 446, VERSION_ONLY = 1 };

long clinux_landlock_abi(void) { return kernel_form(syscall(CREATE_RULESET, NULL, 0, VERSION_ONLY)); }

long clinux_landlock_scope(uint64_t scoped) {
    struct landlock_rules rules = {.scoped = scoped};
    long fd = kernel_form(syscall(CREATE_RULESET, &rules, sizeof rules, 0));
    if (fd < 0) return fd;
    long result = kernel_form(syscall(RESTRICT_SELF, (int)fd, 0));
    close((int)fd);
    return result;
}
