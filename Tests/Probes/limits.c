// Priorities and hard limits that a guest must not raise.
#include "probe.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

// Makes the kernel spare it when memory runs out. CAP_SYS_RESOURCE in the first user namespace must be wanting.
static void spare_me(const char *subject) {
    char text[32];
    (void)subject;
    if (read_file("/proc/self/oom_score_adj", text, sizeof text) < 0) refused("read oom_score_adj");
    int before = atoi(text), wanted[] = {-1000, before - 1};
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%d", wanted[i]);
        int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (file < 0 || write(file, text, strlen(text)) < 0) refused("write oom_score_adj");
        close(file);
        if (read_file("/proc/self/oom_score_adj", text, sizeof text) > 0 && atoi(text) < before)
            escaped("oom_score_adj lowered from %d to %d", before, atoi(text));
    }
}

// Runs ahead of the others of the machine: nice, realtime, deadline, I/O priority. CAP_SYS_NICE in the first user
// namespace must be wanting, and the limits be zero.
static void lower_nice(const char *subject) {
    (void)subject;
    int before = getpriority(PRIO_PROCESS, 0);
    if (setpriority(PRIO_PROCESS, 0, before - 1)) refused("setpriority");
    if (getpriority(PRIO_PROCESS, 0) < before) escaped("nice lowered to %d", getpriority(PRIO_PROCESS, 0));
}

static void realtime(const char *subject) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } deadline = {48, SCHED_DEADLINE, 0, 0, 0, 1000000, 10000000, 10000000};
    struct sched_param one = {.sched_priority = 1};
    (void)subject;
    if (sched_setscheduler(0, SCHED_FIFO, &one) == 0) escaped("runs as SCHED_FIFO");
    refused("SCHED_FIFO");
    if (sched_setscheduler(0, SCHED_RR, &one) == 0) escaped("runs as SCHED_RR");
    refused("SCHED_RR");
    if (syscall(SYS_sched_setattr, 0, &deadline, 0) == 0) escaped("runs as SCHED_DEADLINE");
    refused("SCHED_DEADLINE");
}

static void io_priority(const char *subject) {
    enum { WHO_PROCESS = 1, REALTIME = 1 << 13 };
    (void)subject;
    if (syscall(SYS_ioprio_set, WHO_PROCESS, 0, REALTIME) == 0) escaped("realtime I/O priority");
    refused("ioprio_set");
}

// Raises each hard limit by one. CAP_SYS_RESOURCE in the first user namespace must be wanting.
static void raise_limits(const char *subject) {
    (void)subject;
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit, now;
        if (getrlimit(resource, &limit) || limit.rlim_max == RLIM_INFINITY) continue;
        limit.rlim_max++;
        if (prlimit(0, resource, &limit, NULL)) refused("prlimit");
        else if (getrlimit(resource, &now) == 0 && now.rlim_max == limit.rlim_max)
            escaped("hard limit %d raised to %llu", resource, (unsigned long long)now.rlim_max);
    }
}

const struct probe limit_probes[] = {
    {.name = "oom-score", .attempt = spare_me},
    {.name = "nice", .attempt = lower_nice},
    {.name = "realtime", .attempt = realtime},
    {.name = "io-priority", .attempt = io_priority},
    {.name = "raise-limits", .attempt = raise_limits},
    {0},
};
