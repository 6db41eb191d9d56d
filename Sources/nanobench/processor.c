// What needs nothing of the kernel.
#define _GNU_SOURCE
#include "nanobench.h"

#include <cpuid.h>
#include <x86intrin.h>

static uint64_t integer(void) {
    uint64_t x = 88172645463325252u, sum = 0;
    for (int i = 0; i < 4096; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        sum += x * 2862933555777941757u;
    }
    return sum;
}

__attribute__((noinline)) static uint64_t callee(uint64_t x) {
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static uint64_t calls(void) {
    uint64_t x = 0;
    for (int i = 0; i < 4096; i++) x = callee(x);
    return x;
}

static uint64_t cpuid(void) {
    unsigned a, b, c, d;
    for (int i = 0; i < 16; i++) __cpuid(0, a, b, c, d);
    // The answer may differ between a host and its guest; that there is one is what counts.
    return a > 0;
}

static uint64_t timestamp(void) {
    uint64_t last = 0, backwards = 0;
    for (int i = 0; i < 1024; i++) {
        uint64_t t = __rdtsc();
        backwards += t < last;
        last = t;
    }
    return backwards;
}

const struct workload processor_workloads[] = {
    {"integer", 4096, integer, 0, 0}, {"call", 4096, calls, 0, 0}, {"cpuid", 16, cpuid, 0, 0},
    {"rdtsc", 1024, timestamp, 0, 0}, {0},
};
