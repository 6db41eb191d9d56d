#define _GNU_SOURCE
#include "clinux_process.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

long clinux_execve_keeping_environment(const char *path, char *const *argv) {
    long result = syscall(SYS_execve, path, argv, environ);
    return result < 0 ? -(long)errno : result;
}

// The kernel lays arguments and environment out one after the other, and glibc hands both to constructors.
static char *first, *end;

__attribute__((constructor)) static void remember_arguments(int argc, char **argv, char **envp) {
    if (argc < 1) return;
    first = argv[0], end = first;
    for (int i = 0; i < argc && argv[i] == end; i++) end += strlen(argv[i]) + 1;
    for (int i = 0; envp[i] != NULL && envp[i] == end; i++) end += strlen(envp[i]) + 1;
}

void clinux_forget_arguments(const char *name) {
    prctl(PR_SET_NAME, name);
    if (first == NULL) return;
    size_t room = (size_t)(end - first), length = strlen(name) + 1;
    memset(first, 0, room);
    if (length <= room) memcpy(first, name, length);
}
