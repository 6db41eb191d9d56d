// PID 1 of the jail. In an app jail it is the launcher's program, which came from outside: whoever controls it, or can
// write the file it runs from, is out (CVE-2019-5736, CVE-2016-9962).
#include "probe.h"
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

// In a system jail PID 1 runs the guest's own program, and tracing it leads nowhere.
static void needs_foreign_init(void) {
    int program = open("/proc/1/exe", O_PATH | O_CLOEXEC);
    if (program < 0) return;
    bool own = is_guest_program(program);
    close(program);
    if (own) unavailable("PID 1 runs the guest's own program");
}

// Reads and writes the memory of PID 1. Must be stopped by PID 1 being undumpable, or of another user namespace.
static void init_memory(const char *subject) {
    char text[512], byte;
    unsigned long start = 0;
    (void)subject;
    needs_foreign_init();
    if (read_file("/proc/1/maps", text, sizeof text) < 0) refused("read /proc/1/maps");
    else if (sscanf(text, "%lx", &start) == 1 && start) escaped("address map of PID 1 read");
    struct iovec here = {&byte, 1}, there = {(void *)start, 1};
    if (process_vm_readv(1, &here, 1, &there, 1, 0) == 1 || errno == EFAULT) escaped("memory of PID 1 within reach");
    refused("process_vm_readv");
    if (open("/proc/1/mem", O_RDWR | O_CLOEXEC) >= 0) escaped("/proc/1/mem open for writing");
    refused("open /proc/1/mem");
}

// Traces PID 1; seizing does not stop it, and ends with the probe. Must be stopped as above.
static void init_trace(const char *subject) {
    (void)subject;
    needs_foreign_init();
    if (ptrace(PTRACE_SEIZE, 1, 0, 0) == 0) escaped("tracing PID 1");
    refused("ptrace");
}

// Opens the program of PID 1 for writing, directly and through a path descriptor (CVE-2019-5736). "Text file busy"
// counts as success: one waits until it ends. The file belonging to an id outside the jail must stop it, or its being
// a sealed copy.
static void init_program_write(const char *subject) {
    char link[64];
    (void)subject;
    needs_foreign_init();
    static const int ways[] = {O_WRONLY, O_RDWR, O_WRONLY | O_APPEND};
    for (int i = 0; i < 3; i++) {
        if (open("/proc/1/exe", ways[i] | O_CLOEXEC) >= 0 || errno == ETXTBSY) escaped("/proc/1/exe can be written");
        refused("open /proc/1/exe");
    }
    int path = open("/proc/1/exe", O_PATH | O_CLOEXEC);
    if (path < 0) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", path);
    if (open(link, O_WRONLY | O_CLOEXEC) >= 0 || errno == ETXTBSY) escaped("/proc/1/exe can be written when reopened");
    refused("reopen");
}

// Opens the program of PID 1 for reading: a file of the host, and with it a mount of the host. Must be stopped by PID 1
// being undumpable.
static void init_program_read(const char *subject) {
    (void)subject;
    needs_foreign_init();
    if (open("/proc/1/exe", O_RDONLY | O_CLOEXEC) >= 0) escaped("/proc/1/exe, a file from outside, can be read");
    refused("open /proc/1/exe");
    if (open("/proc/1/exe", O_PATH | O_CLOEXEC) >= 0) escaped("/proc/1/exe, a file from outside, can be held");
    refused("O_PATH");
    if (open("/proc/1/map_files", O_RDONLY | O_DIRECTORY) >= 0 && reveals("/proc/1/map_files"))
        escaped("/proc/1/map_files can be listed");
    refused("open /proc/1/map_files");
}

// Reads the environment PID 1 was started with, which is the caller's, outside. Same guard; or it must be empty.
static void init_environment(const char *subject) {
    char text[TEXT_SIZE];
    (void)subject;
    needs_foreign_init();
    if (read_file("/proc/1/environ", text, sizeof text) > 0) escaped("environment of PID 1: %.60s", text);
    refused("read /proc/1/environ");
    if (read_file("/proc/1/auxv", text, sizeof text) > 0) escaped("auxiliary vector of PID 1 read");
    refused("read /proc/1/auxv");
}

// Looks through the descriptors of PID 1 in /proc. None must be open to the guest.
static void init_descriptors(const char *subject) {
    (void)subject;
    needs_foreign_init();
    DIR *directory = opendir("/proc/1/fd");
    if (!directory) {
        refused("open /proc/1/fd");
        return;
    }
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        int held = openat(dirfd(directory), entry->d_name, O_PATH | O_CLOEXEC);
        if (held >= 0) escaped("descriptor %s of PID 1 within reach", entry->d_name);
        refused("open /proc/1/fd/*");
    }
    harmless("/proc/1/fd gives nothing");
}

// Takes descriptors out of PID 1 with pidfd_getfd. Needs the right to trace, so the same guard.
static void init_getfd(const char *subject) {
    (void)subject;
    needs_foreign_init();
    int descriptor = syscall(SYS_pidfd_open, 1, 0);
    if (descriptor < 0) {
        refused("pidfd_open");
        return;
    }
    for (int number = 0; number < 64; number++) {
        if (syscall(SYS_pidfd_getfd, descriptor, number, 0) >= 0) escaped("took descriptor %d out of PID 1", number);
        refused("pidfd_getfd");
    }
}

static const char *const namespace_kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};

static void join(const char *path) {
    int namespace = open(path, O_RDONLY | O_CLOEXEC);
    if (namespace < 0) refused("open");
    else if (setns(namespace, 0)) refused("setns %s", strrchr(path, '/') + 1);
    else escaped("joined %s", path);
}

static void join_others(const char *pid, void *context) {
    char path[280], own[64];
    struct stat theirs, ours;
    (void)context;
    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, namespace_kinds[i]);
        snprintf(own, sizeof own, "/proc/self/ns/%s", namespace_kinds[i]);
        if (stat(path, &theirs)) {
            refused("open /proc/*/ns/*");
            continue;
        }
        bool hosts = fact(namespace_kinds[i]) && theirs.st_ino == fact_number(namespace_kinds[i], 0);
        if (hosts && dry) escaped("%s is the host's", path);
        if (stat(own, &ours) || same_place(&ours, &theirs))
            harmless("/proc/*/ns/%s is the own one", namespace_kinds[i]);
        else apart(join, path);
    }
}

// Joins every namespace that /proc shows of another process. None must be one of the host's; the kernel asks for
// CAP_SYS_ADMIN in the namespace's owner.
static void join_namespaces(const char *subject) {
    (void)subject;
    each_process(join_others, NULL);
}

const struct probe init_probes[] = {
    {.name = "init-memory", .attempt = init_memory},
    {.name = "init-trace", .attempt = init_trace},
    {.name = "init-program-write", .attempt = init_program_write},
    {.name = "init-program-read", .attempt = init_program_read},
    {.name = "init-environment", .attempt = init_environment},
    {.name = "init-descriptors", .attempt = init_descriptors},
    {.name = "init-getfd", .attempt = init_getfd},
    {.name = "join-namespaces", .attempt = join_namespaces},
    {0},
};
