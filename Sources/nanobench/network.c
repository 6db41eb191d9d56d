// A request and its answer over the loopback interface.
#define _GNU_SOURCE
#include "nanobench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int line = -1;
static pid_t server;

static int no_delay(int socket) {
    int on = 1;
    return setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void answer(int listener) {
    char byte;
    int peer = accept(listener, 0, 0);
    no_delay(peer);
    while (read(peer, &byte, 1) == 1 && write(peer, &byte, 1) == 1) {}
    _exit(0);
}

static int connect_both(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1)
        || getsockname(listener, (struct sockaddr *)&address, &size))
        return why_not = "no loopback interface", -1;
    server = fork();
    if (server == 0) answer(listener);
    close(listener);
    line = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0 || connect(line, (struct sockaddr *)&address, size)) return why_not = "no connection", -1;
    return no_delay(line);
}

static void disconnect(void) { close(line), waitpid(server, 0, 0); }

static uint64_t requests(void) {
    uint64_t good = 0;
    char byte = 5;
    for (int i = 0; i < 8; i++) good += write(line, &byte, 1) == 1 && read(line, &byte, 1) == 1 && byte == 5;
    return good;
}

const struct workload network_workloads[] = {{"tcp", 8, requests, connect_both, disconnect}, {0}};
