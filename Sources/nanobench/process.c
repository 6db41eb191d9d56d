// Making processes, and passing the processor between two of them.
#define _GNU_SOURCE
#include "nanobench.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static uint64_t ended_well(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static uint64_t forks(void) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    return child > 0 && ended_well(child);
}

static uint64_t executions(void) {
    char *words[] = {"nanobench", "true", 0};
    pid_t child;
    return !posix_spawn(&child, own_path, 0, 0, words, environ) && ended_well(child);
}

static int there[2], back[2];
static pid_t partner;

static int start_partner(void) {
    if (pipe(there) || pipe(back)) return why_not = "no pipe", -1;
    partner = fork();
    if (partner < 0) return why_not = "no process", -1;
    if (partner == 0) {
        char byte;
        close(there[1]), close(back[0]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) {}
        _exit(0);
    }
    close(there[0]), close(back[1]);
    return 0;
}

static void end_partner(void) {
    close(there[1]), close(back[0]);
    ended_well(partner);
}

static uint64_t switches(void) {
    uint64_t good = 0;
    char byte = 3;
    for (int i = 0; i < 16; i++) good += write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1 && byte == 3;
    return good;
}

const struct workload process_workloads[] = {
    {"fork", 1, forks, 0, 0}, {"exec", 1, executions, 0, 0}, {"switch", 16, switches, start_partner, end_partner}, {0},
};
