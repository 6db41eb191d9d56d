// What the kernel tells: addresses, logs, the host's hardware and keys. Knowledge that helps an attack on it.
#include "probe.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

// Reads the kernel's log by syslog(2). The filter, or kernel.dmesg_restrict with CAP_SYSLOG wanting, must stop it.
static void read_log(const char *subject) {
    static char text[1 << 16];
    enum { READ_ALL = 3, SIZE_BUFFER = 10 };
    (void)subject;
    if (klogctl(READ_ALL, text, sizeof text) >= 0) escaped("kernel log read");
    refused("syslog READ_ALL");
    if (klogctl(SIZE_BUFFER, NULL, 0) > 0) escaped("size of the kernel log read");
    refused("syslog SIZE_BUFFER");
}

// Reads and writes the kernel's log by its device. /dev without it must stop that.
static void log_device(const char *path) {
    if (open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0) escaped("%s opens for reading", path);
    refused("open %s", path);
    if (open(path, O_WRONLY | O_CLOEXEC) >= 0) escaped("%s opens for writing", path);
    refused("open %s for writing", path);
}

// Reads a file that a mask covers or permissions close: there must not be a byte in it.
static void read_secret(const char *path) {
    char text[256];
    struct stat status;
    if (stat(path, &status)) {
        refused("stat %s", path);
        return;
    }
    if (reveals(path)) escaped("%s can be read", path);
    if (S_ISREG(status.st_mode) && read_file(path, text, sizeof text) < 0) refused("read %s", path);
    else if (S_ISDIR(status.st_mode) && access(path, R_OK)) refused("list %s", path);
    else if (dry) absent("%s is empty", path);
    else harmless("%s is empty", path);
}

// Looks for an address that is not zero. kernel.kptr_restrict or missing CAP_SYSLOG in the first user namespace must
// turn them to zeros.
static void kernel_addresses(const char *path) {
    static char text[TEXT_SIZE];
    if (read_file(path, text, sizeof text) <= 0) {
        refused("read %s", path);
        return;
    }
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *number = strstr(line, "0x") ? strstr(line, "0x") : line;
        if (strtoull(number, NULL, 16) >= 0xffff000000000000ULL) escaped("kernel address in %s: %.60s", path, line);
    }
    harmless("%s shows zeros", path);
}

// Physical addresses of the machine: lines "start-end : name".
static void memory_map(const char *path) {
    static char text[TEXT_SIZE];
    if (read_file(path, text, sizeof text) <= 0) {
        refused("read %s", path);
        return;
    }
    unsigned long long start = 0, end = 0;
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (sscanf(line, " %llx-%llx", &start, &end) == 2 && end) escaped("physical addresses in %s", path);
    harmless("%s shows zeros", path);
}

static int try_reading(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)walk;
    if (type == FTW_F && S_ISREG(status->st_mode) && reveals(path)) escaped("%s can be read", path);
    return 0;
}

// Reads tables of the firmware: tables of ACPI, EFI variables, the memory map. A mask must cover them.
static void firmware(const char *path) {
    if (access(path, F_OK)) {
        refused("find %s", path);
        return;
    }
    nftw(path, try_reading, 16, FTW_PHYS);
    harmless("nothing readable below %s", path);
}

const struct probe leak_probes[] = {
    {.name = "kernel-log", .attempt = read_log},
    {.name = "kernel-log-device", .attempt = log_device, .subject = "/dev/kmsg"},
    {.name = "kernel-log-file", .attempt = log_device, .subject = "/proc/kmsg"},
    {.name = "read-kcore", .attempt = read_secret, .subject = "/proc/kcore"},
    {.name = "read-keys", .attempt = read_secret, .subject = "/proc/keys"},
    {.name = "read-timer-list", .attempt = read_secret, .subject = "/proc/timer_list"},
    {.name = "read-sched-debug", .attempt = read_secret, .subject = "/proc/sched_debug"},
    {.name = "read-latency-stats", .attempt = read_secret, .subject = "/proc/latency_stats"},
    {.name = "read-scsi", .attempt = read_secret, .subject = "/proc/scsi"},
    {.name = "read-acpi", .attempt = read_secret, .subject = "/proc/acpi"},
    {.name = "read-slabs", .attempt = read_secret, .subject = "/proc/slabinfo"},
    {.name = "read-vmalloc", .attempt = read_secret, .subject = "/proc/vmallocinfo"},
    {.name = "read-page-flags", .attempt = read_secret, .subject = "/proc/kpageflags"},
    {.name = "read-debug", .attempt = read_secret, .subject = "/sys/kernel/debug"},
    {.name = "read-tracing", .attempt = read_secret, .subject = "/sys/kernel/tracing"},
    {.name = "read-security", .attempt = read_secret, .subject = "/sys/kernel/security"},
    {.name = "read-powercap", .attempt = read_secret, .subject = "/sys/devices/virtual/powercap"},
    {.name = "firmware", .attempt = firmware, .subject = "/sys/firmware"},
    {.name = "kernel-symbols", .attempt = kernel_addresses, .subject = "/proc/kallsyms"},
    {.name = "module-addresses", .attempt = kernel_addresses, .subject = "/proc/modules"},
    {.name = "memory-map", .attempt = memory_map, .subject = "/proc/iomem"},
    {.name = "port-map", .attempt = memory_map, .subject = "/proc/ioports"},
    {0},
};
