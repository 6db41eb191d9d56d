#define _GNU_SOURCE
#include "container.h"
#include "clinux.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static inline long kernel_form(long result) { return result < 0 ? -(long)errno : result; }
#define CALL(...) kernel_form(syscall(__VA_ARGS__))

// As in linux/sched/types.h, which clashes with glibc's sched.h.
struct scheduling {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

long clinux_sched_setattr(int pid, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
                          uint64_t deadline, uint64_t period) {
    struct scheduling attributes = {sizeof attributes, policy, flags, nice, priority, runtime, deadline, period};
    return CALL(SYS_sched_setattr, pid, &attributes, 0);
}
long clinux_ioprio_set(int which, int who, int value) { return CALL(SYS_ioprio_set, which, who, value); }
long clinux_set_mempolicy(int mode, const uint64_t *mask, unsigned long bits) {
    return CALL(SYS_set_mempolicy, mode, mask, bits);
}
long clinux_pidfd_getfd(int pidfd, int number) { return CALL(SYS_pidfd_getfd, pidfd, number, 0); }
long clinux_personality(unsigned long persona) { return CALL(SYS_personality, persona); }
long clinux_getpgid(int pid) { return CALL(SYS_getpgid, pid); }
long clinux_getuid(void) { return CALL(SYS_getuid); }
long clinux_getgid(void) { return CALL(SYS_getgid); }
long clinux_mount_flags(int fd) {
    struct statvfs status;
    long result = kernel_form(fstatvfs(fd, &status));
    return result < 0 ? result : (long)status.f_flag;
}
long clinux_unix_stream(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof address.sun_path) return -ENAMETOOLONG;
    memcpy(address.sun_path, path, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
    if (path[0] == '@') address.sun_path[0] = 0, size--;
    long fd = CALL(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fd;
    long result = CALL(SYS_connect, (int)fd, &address, size);
    if (result < 0) {
        close((int)fd);
        return result;
    }
    return fd;
}
long clinux_keyctl_describe_session(void) { return CALL(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0); }
long clinux_eventfd(unsigned initial) { return CALL(SYS_eventfd2, initial, EFD_CLOEXEC | EFD_NONBLOCK); }

// One RTM_NEWLINK request with the attributes IFLA_NET_NS_FD and, when given, IFLA_IFNAME.
long clinux_link_move(const char *name, const char *renamed, int namespace_fd) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link;
        char attributes[128];
    } request = {0};
    unsigned index = if_nametoindex(name);
    if (index == 0) return -(long)errno;
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof request.link);
    request.header.nlmsg_type = RTM_NEWLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.link.ifi_family = AF_UNSPEC;
    request.link.ifi_index = (int)index;
    struct rtattr *attribute = (struct rtattr *)((char *)&request + NLMSG_ALIGN(request.header.nlmsg_len));
    attribute->rta_type = IFLA_NET_NS_FD;
    attribute->rta_len = RTA_LENGTH(sizeof namespace_fd);
    memcpy(RTA_DATA(attribute), &namespace_fd, sizeof namespace_fd);
    request.header.nlmsg_len = NLMSG_ALIGN(request.header.nlmsg_len) + RTA_ALIGN(attribute->rta_len);
    size_t length = strlen(renamed) + 1;
    if (length > IFNAMSIZ) return -EINVAL;
    attribute = (struct rtattr *)((char *)&request + request.header.nlmsg_len);
    attribute->rta_type = IFLA_IFNAME;
    attribute->rta_len = (unsigned short)RTA_LENGTH(length);
    memcpy(RTA_DATA(attribute), renamed, length);
    request.header.nlmsg_len += RTA_ALIGN(attribute->rta_len);
    long fd = CALL(SYS_socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return fd;
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } answer;
    long result = kernel_form(send((int)fd, &request, request.header.nlmsg_len, 0));
    if (result >= 0) result = kernel_form(recv((int)fd, &answer, sizeof answer, 0));
    close((int)fd);
    if (result < 0) return result;
    return answer.header.nlmsg_type == NLMSG_ERROR ? answer.error.error : -EPROTO;
}
long clinux_tty_plain_newlines(int fd) {
    struct termios mode;
    if (tcgetattr(fd, &mode) < 0) return -(long)errno;
    mode.c_oflag &= ~(tcflag_t)ONLCR;
    return kernel_form(tcsetattr(fd, TCSANOW, &mode));
}
