// How fast memory is: copies, a triad, and reads that wait for each other.
#define _GNU_SOURCE
#include "nanobench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BYTES = 1 << 20, DOUBLES = 1 << 16, CHAIN = 1 << 21 };

static char *from, *to;
static double *a, *b, *c;
static uint32_t *chain;

// Kept from the first use on: what is measured is the work, not the getting of memory.
static int prepare(void) {
    if (from) return 0;
    from = malloc(BYTES), to = malloc(BYTES);
    a = malloc(DOUBLES * sizeof *a), b = malloc(DOUBLES * sizeof *b), c = malloc(DOUBLES * sizeof *c);
    chain = malloc(CHAIN * sizeof *chain);
    if (!from || !to || !a || !b || !c || !chain) return why_not = "no memory", -1;
    for (int i = 0; i < BYTES; i++) from[i] = (char)i;
    for (int i = 0; i < DOUBLES; i++) b[i] = i, c[i] = 2 * i;
    // One cycle through all of it (Sattolo's shuffle with a fixed seed): no prefetcher knows the next step.
    uint64_t x = 88172645463325252u;
    for (uint32_t i = 0; i < CHAIN; i++) chain[i] = i;
    for (uint32_t i = CHAIN - 1; i > 0; i--) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint32_t j = (uint32_t)(x % i), kept = chain[i];
        chain[i] = chain[j], chain[j] = kept;
    }
    return 0;
}

static uint64_t copying(void) {
    memcpy(to, from, BYTES);
    __asm__ volatile("" ::: "memory");
    return (unsigned char)to[12345];
}

static uint64_t triad(void) {
    for (int i = 0; i < DOUBLES; i++) a[i] = b[i] + 3.0 * c[i];
    __asm__ volatile("" ::: "memory");
    return (uint64_t)a[1000];
}

static uint64_t chase(void) {
    uint32_t at = 0;
    for (int i = 0; i < 2048; i++) at = chain[at];
    return at;
}

const struct workload memory_workloads[] = {
    {"copy", BYTES / 1024, copying, prepare, 0}, {"triad", DOUBLES / 1024, triad, prepare, 0},
    {"random", 2048, chase, prepare, 0}, {0},
};
