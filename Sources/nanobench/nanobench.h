// One small program that measures what single operations cost, unchanged on the host, in a jail and in a virtual machine.
#ifndef NANOBENCH_H
#define NANOBENCH_H

#include <stddef.h>
#include <stdint.h>

// A workload does one block of work, always the same, and says what came out of it: the same everywhere and every time.
// ops is how many operations a block has. prepare and finish, where they are, run outside the time that is measured.
struct workload {
    const char *name;
    uint64_t ops;
    uint64_t (*block)(void);
    int (*prepare)(void);
    void (*finish)(void);
};

extern const struct workload processor_workloads[], kernel_workloads[], memory_workloads[], process_workloads[],
    file_workloads[], network_workloads[];

// Set by prepare when it returns -1: why the workload cannot run here.
extern const char *why_not;

// The program's own path, for workloads that execute it.
extern const char *own_path;

// Nanoseconds of the monotonic clock.
uint64_t now(void);

#endif
