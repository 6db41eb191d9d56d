// Processes of the host: seen, signalled, traced.
#include "probe.h"
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { KERNEL_THREAD_FLAG = 0x00200000 };  // PF_KTHREAD, shown as the ninth field of /proc/PID/stat

// Kernel threads live in the first pid namespace only.
static bool is_kernel_thread(const char *pid) {
    char path[280], text[1024];
    unsigned flags = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if (read_file(path, text, sizeof text) < 0) return false;
    const char *after = strrchr(text, ')');
    return after && sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & KERNEL_THREAD_FLAG;
}

static bool carries_marker(const char *pid, const char *file) {
    char path[280], text[TEXT_SIZE];
    const char *marker = fact("marker");
    snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
    ssize_t size = marker ? read_file(path, text, sizeof text) : -1;
    // A probe is told the marker on its own command line, which is no discovery; so those are passed over.
    return size > 0 && memmem(text, size, marker, strlen(marker)) && !memmem(text, size, "marker=", 7);
}

static void look_at(const char *pid, void *count) {
    char numbers[256];
    if (is_kernel_thread(pid)) escaped("kernel thread %s listed in /proc", pid);
    if (status_field(pid, "NSpid", numbers, sizeof numbers) && strpbrk(numbers, " \t"))
        escaped("/proc is of an outer pid namespace: process %s has pids %s", pid, numbers);
    if (carries_marker(pid, "cmdline")) escaped("command line of host process %s read", pid);
    ++*(int *)count;
}

// Lists /proc. An own pid namespace, and a proc mounted in it, must leave nothing but the jail's processes there.
static void proc_listing(const char *subject) {
    (void)subject;
    int count = 0;
    if (shares_host_namespace("pid")) escaped("the pid namespace is the host's");
    each_process(look_at, &count);
    if (count == 0) harmless("/proc lists no process");
    else harmless("%d processes listed, all the jail's", count);
}

// Signals a host process (the driver names one). The pid namespace must make its number mean nothing here.
// SIGCONT and signal 0 harm nobody.
static void kill_foreign(const char *subject) {
    (void)subject;
    pid_t victim = fact_number("pid", 0);
    if (!victim) unavailable("no pid= given");
    if (kill(victim, SIGCONT) == 0) escaped("signalled host process %d", victim);
    refused("kill");
    int descriptor = syscall(SYS_pidfd_open, victim, 0);
    if (descriptor >= 0) escaped("pidfd of host process %d", victim);
    refused("pidfd_open");
    if (syscall(SYS_tgkill, victim, victim, 0) == 0) escaped("tgkill reached host process %d", victim);
    refused("tgkill");
}

// Reads and changes how a host process runs. The pid namespace must stop each call that takes a pid.
static void steer_foreign(const char *subject) {
    (void)subject;
    pid_t victim = fact_number("pid", 0);
    cpu_set_t cpus;
    struct rlimit limit;
    if (!victim) unavailable("no pid= given");
    if (sched_getaffinity(victim, sizeof cpus, &cpus) == 0) escaped("affinity of host process %d read", victim);
    refused("sched_getaffinity");
    if (prlimit(victim, RLIMIT_NOFILE, NULL, &limit) == 0) escaped("limits of host process %d read", victim);
    refused("prlimit");
    if (getsid(victim) >= 0) escaped("session of host process %d read", victim);
    refused("getsid");
}

// Traces a host process and reads its memory. The pid namespace must stop it, and behind it the user namespace.
static void trace_foreign(const char *subject) {
    (void)subject;
    pid_t victim = fact_number("pid", 0);
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)&kill_foreign, 1};
    if (!victim) unavailable("no pid= given");
    if (ptrace(PTRACE_SEIZE, victim, 0, 0) == 0) escaped("tracing host process %d", victim);
    refused("ptrace");
    if (process_vm_readv(victim, &here, 1, &there, 1, 0) == 1 || errno == EFAULT)
        escaped("memory of host process %d within reach", victim);
    refused("process_vm_readv");
    if (syscall(SYS_kcmp, getpid(), victim, KCMP_FILES, 0, 0) >= 0) escaped("kcmp with host process %d", victim);
    refused("kcmp");
}

static void follow_root(const char *pid, void *context) {
    static const char *const links[] = {"root", "cwd"};
    char path[280];
    (void)context;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%s/%s", pid, links[i]);
        int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0) {
            refused("open /proc/*/%s", links[i]);
            continue;
        }
        if (leads_outside(directory)) escaped("%s leads outside", path);
        harmless("/proc/*/%s inside", links[i]);
        close(directory);
    }
}

// Follows every /proc/PID/root and cwd. Processes that still have the host's root (a launcher, one that joins) must
// not be visible, or must not be traceable.
static void process_roots(const char *subject) {
    (void)subject;
    each_process(follow_root, NULL);
}

const struct probe process_probes[] = {
    {.name = "proc-listing", .attempt = proc_listing},
    {.name = "kill-foreign", .attempt = kill_foreign},
    {.name = "steer-foreign", .attempt = steer_foreign},
    {.name = "trace-foreign", .attempt = trace_foreign},
    {.name = "process-roots", .attempt = process_roots},
    {0},
};
