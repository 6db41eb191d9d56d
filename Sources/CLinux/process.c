#define _GNU_SOURCE
#include "clinux_process.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
    void (*body)(void *);
    void *argument;
};

static int run_call(void *pointer) {
    struct call *call = pointer;
    call->body(call->argument);
    return 127;
}

long clinux_call_in_child(void (*body)(void *), void *argument) {
    size_t size = 1 << 20; // only what is touched costs
    char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) return -(long)errno;
    struct call call = {body, argument};
    sigset_t all, before;
    sigfillset(&all);
    // A handler of the parent must not run in the child while both share memory.
    sigprocmask(SIG_BLOCK, &all, &before);
    int pid = clone(run_call, stack + size, CLONE_VM | CLONE_VFORK | SIGCHLD, &call);
    long result = pid < 0 ? -(long)errno : pid;
    sigprocmask(SIG_SETMASK, &before, NULL);
    munmap(stack, size);
    return result;
}

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
