// Small files in the working directory.
#define _GNU_SOURCE
#include "nanobench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char name[64];
static int file = -1;

static int name_file(void) { return snprintf(name, sizeof name, "nanobench-%d", (int)getpid()), 0; }

static uint64_t creation(void) {
    uint64_t good = 0;
    for (int i = 0; i < 8; i++) {
        int made = open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (made < 0) return 0;
        good += !close(made) && !unlink(name);
    }
    return good;
}

static int open_file(void) {
    name_file();
    file = open(name, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    return file < 0 ? why_not = "no file can be made here", -1 : 0;
}
static void close_file(void) { close(file), unlink(name); }

static uint64_t durable(void) {
    char page[4096];
    memset(page, 'x', sizeof page);
    return pwrite(file, page, sizeof page, 0) == sizeof page && !fsync(file);
}

static uint64_t cached(void) {
    char page[4096] = {0};
    uint64_t sum = 0;
    for (int i = 0; i < 32; i++) sum += (uint64_t)pread(file, page, sizeof page, 0) + (unsigned char)page[i];
    return sum;
}

static int fill_file(void) { return open_file() || !durable() ? -1 : 0; }

const struct workload file_workloads[] = {
    {"create", 8, creation, name_file, 0}, {"fsync", 1, durable, open_file, close_file},
    {"read", 32, cached, fill_file, close_file}, {0},
};
