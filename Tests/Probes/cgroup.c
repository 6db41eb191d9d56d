// Control groups: the program the kernel runs on release (CVE-2022-0492), and the jail's own limits.
#include "probe.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

static const char *const controllers[] = {
    "memory", "cpu", "cpuset", "devices", "freezer", "pids", "blkio", "cpuacct", "net_cls", "perf_event", "hugetlb",
    "rdma", "misc", "none,name=systemd",
};

// What decides over the jail from outside: none may be open to it, in no hierarchy.
static const char *const decisive[] = {
    "release_agent", "devices.allow", "devices.deny", "memory.max", "memory.high", "memory.limit_in_bytes",
    "memory.swap.max", "memory.oom_control", "cpu.max", "cpu.weight", "cpu.shares", "cpu.cfs_quota_us", "pids.max",
    "cpuset.cpus", "cpuset.cpu_exclusive", "io.max", "blkio.weight", "blkio.throttle.read_bps_device", "cgroup.kill",
    "cgroup.freeze",
};

static void judge_group(const char *where) {
    char path[600];
    for (size_t i = 0; i < sizeof decisive / sizeof *decisive; i++) {
        snprintf(path, sizeof path, "%s/%s", where, decisive[i]);
        if (access(path, F_OK)) continue;
        if (knob_accepts(path)) escaped("%s can be written", path);
        refused("%s", decisive[i]);
    }
}

static void mount_controller(const char *controller) {
    private_mounts();
    const char *where = in_scratch("cgroup");
    mkdir(where, 0700);
    if (mount("cgroup", where, "cgroup", 0, controller)) refused("mount cgroup");
    else judge_group(where);
}

static void mount_unified(const char *subject) {
    (void)subject;
    private_mounts();
    if (mount_fresh("cgroup2", NULL, in_scratch("cgroup2"))) judge_group(in_scratch("cgroup2"));
}

// Mounts every hierarchy and tries what decides over the jail. The files must belong to an id outside.
static void cgroup_mount(const char *subject) {
    (void)subject;
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) apart(mount_controller, controllers[i]);
    apart(mount_unified, NULL);
}

static void own_cgroup_namespace(const char *subject) {
    (void)subject;
    if (unshare(CLONE_NEWCGROUP)) refused("unshare cgroup namespace");
    else cgroup_mount(NULL);
}

// The same from a cgroup namespace of its own, which is how an unprivileged process came to mount them at all.
static void cgroup_namespace_mount(const char *subject) {
    (void)subject;
    apart(own_cgroup_namespace, NULL);
}

// Tries the hierarchies that are mounted already, at their top: a group made by the guest below is its own affair.
static void cgroup_limits(const char *subject) {
    static char text[1 << 18];
    (void)subject;
    read_file("/proc/self/mountinfo", text, sizeof text);
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char place[300];
        if (strstr(line, " - cgroup") && sscanf(line, "%*s %*s %*s %*s %299s", place) == 1) judge_group(place);
    }
}

// Reads the path of its own group. A cgroup namespace must leave "/" of it.
static void cgroup_path(const char *subject) {
    char text[TEXT_SIZE];
    (void)subject;
    if (shares_host_namespace("cgroup")) escaped("the cgroup namespace is the host's");
    if (read_file("/proc/self/cgroup", text, sizeof text) < 0) {
        refused("read /proc/self/cgroup");
        return;
    }
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *path = strrchr(line, ':');
        if (path && strstr(path, "..")) escaped("path of the group leads outside: %s", line);
        if (path && strstr(path, "bailey")) escaped("path of the group on the host: %s", line);
    }
    harmless("paths start at the jail's own group");
}

const struct probe cgroup_probes[] = {
    {.name = "cgroup-mount", .attempt = cgroup_mount},
    {.name = "cgroup-namespace-mount", .attempt = cgroup_namespace_mount},
    {.name = "cgroup-limits", .attempt = cgroup_limits},
    {.name = "cgroup-path", .attempt = cgroup_path},
    {0},
};
