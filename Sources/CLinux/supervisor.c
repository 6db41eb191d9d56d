#define _GNU_SOURCE
#include "clinux_supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
    strcpy(address->sun_path, path);
    return 0;
}

static long listen_at(const char *path, unsigned mode, int type) {
    struct sockaddr_un address;
    int failure = address_of(path, &address);
    if (failure) return failure;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    /* The file must never be there with more than its mode, not even for a moment. */
    mode_t before = umask(0777 & ~mode);
    int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
    failure = bound < 0 ? -errno : 0;
    umask(before);
    if (!failure && listen(fd, 512) < 0) failure = -errno;
    if (failure) {
        close(fd);
        return failure;
    }
    return fd;
}

static long connect_to(const char *path, int type) {
    struct sockaddr_un address;
    int failure = address_of(path, &address);
    if (failure) return failure;
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        failure = -errno;
        close(fd);
        return failure;
    }
    return fd;
}

long clinux_stream_listen(const char *path, unsigned mode) { return listen_at(path, mode, SOCK_STREAM); }
long clinux_packet_listen(const char *path, unsigned mode) { return listen_at(path, mode, SOCK_SEQPACKET); }
long clinux_stream_connect(const char *path) { return connect_to(path, SOCK_STREAM); }
long clinux_packet_connect(const char *path) { return connect_to(path, SOCK_SEQPACKET); }

long clinux_accept(int fd) {
    int accepted = accept4(fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return accepted < 0 ? -errno : accepted;
}

long clinux_peer(int fd, int *pid, unsigned *uid, unsigned *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    *pid = peer.pid, *uid = peer.uid, *gid = peer.gid;
    return 0;
}

struct visit {
    int network;
    long result;
};

static void *visit(void *argument) {
    struct visit *visit = argument;
    int fd = setns(visit->network, CLONE_NEWNET) < 0 ? -1 : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    visit->result = fd < 0 ? -errno : fd;
    return 0;
}

long clinux_socket_in_network(int network) {
    struct visit task = {network, -EAGAIN};
    pthread_t thread;
    int failure = pthread_create(&thread, 0, visit, &task);
    if (failure) return -failure;
    pthread_join(thread, 0);
    return task.result;
}

long clinux_connect_ipv4(int fd, unsigned address, unsigned port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(address);
    return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? -errno : 0;
}

long clinux_socket_error(int fd) {
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    return -error;
}
