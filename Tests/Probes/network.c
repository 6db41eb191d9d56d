// The host's network, and the sockets that no network namespace parts.
#include "probe.h"
#include <arpa/inet.h>
#include <linux/audit.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

// The interfaces the jail may have: `interfaces=lo,eth0`; only lo unless told.
static bool is_expected(const char *name) {
    const char *list = fact("interfaces") ? fact("interfaces") : "lo";
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, name, length) && (at[length] == ',' || !at[length])) return true;
    return false;
}

// Reads the interfaces from /proc/net/dev. They must be those of the jail's own network namespace.
static void interfaces_by_proc(const char *subject) {
    static char text[TEXT_SIZE];
    char name[64], *save = NULL;
    (void)subject;
    if (shares_host_namespace("net")) escaped("the network namespace is the host's");
    if (read_file("/proc/net/dev", text, sizeof text) < 0) refused("read /proc/net/dev");
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strchr(line, ':') && sscanf(line, " %63[^:]", name) == 1 && !is_expected(name))
            escaped("interface %s", name);
    harmless("only expected interfaces in /proc/net/dev");
}

static void name_of(struct nlmsghdr *message, char *name, size_t size) {
    int left = IFLA_PAYLOAD(message);
    for (struct rtattr *each = IFLA_RTA(NLMSG_DATA(message)); RTA_OK(each, left); each = RTA_NEXT(each, left))
        if (each->rta_type == IFLA_IFNAME) snprintf(name, size, "%s", (char *)RTA_DATA(each));
}

// The same by netlink, which no mask of files covers.
static void interfaces_by_netlink(const char *subject) {
    struct { struct nlmsghdr head; struct ifinfomsg body; } request = {
        {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}, {0}};
    static char answer[1 << 16];
    (void)subject;
    if (shares_host_namespace("net")) escaped("the network namespace is the host's");
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0 || send(netlink, &request, sizeof request, 0) < 0) {
        refused("netlink");
        return;
    }
    ssize_t size = recv(netlink, answer, sizeof answer, 0);
    for (struct nlmsghdr *each = (void *)answer; size > 0 && NLMSG_OK(each, size); each = NLMSG_NEXT(each, size)) {
        char name[64] = "";
        if (each->nlmsg_type == RTM_NEWLINK) name_of(each, name, sizeof name);
        if (name[0] && !is_expected(name)) escaped("interface %s", name);
    }
    harmless("only expected interfaces by netlink");
}

// The same by sysfs. It must be mounted inside the network namespace, not bound from the host.
static void interfaces_by_sysfs(const char *subject) {
    (void)subject;
    if (shares_host_namespace("net")) escaped("the network namespace is the host's");
    DIR *directory = opendir("/sys/class/net");
    if (!directory) refused("list /sys/class/net");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (entry->d_name[0] != '.' && !is_expected(entry->d_name)) escaped("interface %s in sysfs", entry->d_name);
    harmless("only expected interfaces in /sys/class/net");
}

// Opens raw and packet sockets, with which to forge and overhear. They must be refused, or confined to an own network
// namespace, where nothing but the jail's traffic passes.
static void raw_socket(const char *subject) {
    int made = subject[0] == 'p' ? socket(AF_PACKET, SOCK_RAW, htons(3)) : socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    if (made < 0) refused("%s socket", subject);
    else if (shares_host_namespace("net")) escaped("%s socket in the host's network namespace", subject);
    else harmless("%s socket confined to the own network namespace", subject);
}

// Calls the hypervisor, or the host's virtual machines, by AF_VSOCK, which knows no network namespace. The filter must
// stop it, as nothing else does.
static void vsock(const char *subject) {
    struct sockaddr_vm host = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST, .svm_port = 1};
    struct timeval short_time = {2, 0};
    (void)subject;
    int made = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0) {
        refused("AF_VSOCK socket");
        return;
    }
    // On the host, having the socket is proof enough; whoever listens there is not called.
    if (dry) escaped("AF_VSOCK socket to be had");
    setsockopt(made, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW, &short_time, sizeof short_time);
    if (connect(made, (struct sockaddr *)&host, sizeof host) == 0) escaped("connected to the hypervisor");
    escaped("AF_VSOCK socket to be had, connect %s", strerrorname_np(errno));
}

// Sends a request to a netlink family that serves the whole machine, and waits for what comes back.
static int ask_netlink(int family, const void *request, size_t size) {
    struct timeval second = {1, 0};
    union { struct nlmsghdr head; char room[8192]; } answer;
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
    if (netlink < 0) return -1;
    setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    if (send(netlink, request, size, 0) < 0 || recv(netlink, &answer, sizeof answer, 0) < 0) return -1;
    if (answer.head.nlmsg_type != NLMSG_ERROR) return 0;
    errno = -((struct nlmsgerr *)NLMSG_DATA(&answer.head))->error;
    return errno ? -1 : 0;
}

// Asks the audit system for its state. Only the first namespaces may.
static void audit(const char *subject) {
    struct nlmsghdr request = {.nlmsg_len = sizeof request, .nlmsg_type = AUDIT_GET, .nlmsg_flags = NLM_F_REQUEST};
    (void)subject;
    if (ask_netlink(NETLINK_AUDIT, &request, sizeof request) == 0) escaped("the audit system answers");
    refused("netlink audit");
}

static int ask_for_events(int netlink, enum proc_cn_mcast_op wish) {
    struct { struct nlmsghdr head; struct cn_msg body; enum proc_cn_mcast_op wish; } __attribute__((packed)) request = {
        {.nlmsg_len = sizeof request, .nlmsg_type = NLMSG_DONE},
        {.id = {CN_IDX_PROC, CN_VAL_PROC}, .len = sizeof wish}, wish};
    return send(netlink, &request, sizeof request, 0);
}

// Subscribes to the birth and death of all processes of the host (NETLINK_CONNECTOR). Nobody answers in a network
// namespace other than the first.
static void process_events(const char *subject) {
    struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = CN_IDX_PROC};
    struct timeval second = {1, 0};
    char event[1024];
    (void)subject;
    int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR);
    setsockopt(netlink, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    if (netlink < 0) refused("NETLINK_CONNECTOR");
    else if (bind(netlink, (struct sockaddr *)&group, sizeof group)) refused("join process events");
    else if (ask_for_events(netlink, PROC_CN_MCAST_LISTEN) < 0) refused("PROC_CN_MCAST_LISTEN");
    else if (recv(netlink, event, sizeof event, 0) < 0) refused("wait for process events");
    else {
        ask_for_events(netlink, PROC_CN_MCAST_IGNORE);
        escaped("received the host's process events");
    }
}

// Connects to an abstract unix socket of the host (CVE-2020-15257). An own network namespace must part them.
static void abstract_socket(const char *subject) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = fact("socket");
    (void)subject;
    if (!name) unavailable("no socket= given");
    snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(made, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)) == 0)
        escaped("connected to the host's abstract socket @%s", name);
    refused("connect @");
}

// Looks for the name of that socket in /proc/net/unix.
static void listed_socket(const char *subject) {
    static char text[1 << 18];
    (void)subject;
    if (!fact("socket")) unavailable("no socket= given");
    if (read_file("/proc/net/unix", text, sizeof text) < 0) refused("read /proc/net/unix");
    else if (strstr(text, fact("socket"))) escaped("the host's sockets are listed");
    else harmless("the host's sockets are not listed");
}

// Connects to a port on the host's loopback. An own network namespace must have an own loopback.
static void host_loopback(const char *subject) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fact_number("port", 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)subject;
    if (!fact("port")) unavailable("no port= given");
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(made, (struct sockaddr *)&address, sizeof address) == 0) escaped("connected to the host's loopback");
    refused("connect 127.0.0.1");
}

// Renames the machine. An own UTS namespace must keep the name in. On the host the name is set to what it is.
static void host_name(const char *subject) {
    char name[128] = "bailey-probe";
    (void)subject;
    if (dry && gethostname(name, sizeof name)) unavailable("no host name");
    if (sethostname(name, strlen(name))) refused("sethostname");
    else if (shares_host_namespace("uts")) escaped("set the host's name");
    else harmless("renamed itself only");
}

// Opens the host's System V shared memory by its key. An own IPC namespace must not have it.
static void shared_memory(const char *subject) {
    (void)subject;
    if (!fact("shm")) unavailable("no shm= given");
    if (shmget((key_t)fact_number("shm", 0), 0, 0) >= 0) escaped("found the host's shared memory");
    refused("shmget");
}

const struct probe network_probes[] = {
    {.name = "interfaces-proc", .attempt = interfaces_by_proc},
    {.name = "interfaces-netlink", .attempt = interfaces_by_netlink},
    {.name = "interfaces-sysfs", .attempt = interfaces_by_sysfs},
    {.name = "raw-socket", .attempt = raw_socket, .subject = "raw"},
    {.name = "packet-socket", .attempt = raw_socket, .subject = "packet"},
    {.name = "vsock", .attempt = vsock},
    {.name = "audit", .attempt = audit},
    {.name = "process-events", .attempt = process_events},
    {.name = "abstract-socket", .attempt = abstract_socket},
    {.name = "listed-socket", .attempt = listed_socket},
    {.name = "host-loopback", .attempt = host_loopback},
    {.name = "host-name", .attempt = host_name},
    {.name = "shared-memory", .attempt = shared_memory},
    {0},
};
