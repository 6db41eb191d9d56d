// Single calls into the kernel, and what it does on a fault.
#define _GNU_SOURCE
#include "nanobench.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t system_call(void) {
    uint64_t same = 0;
    long id = syscall(SYS_getppid);
    for (int i = 0; i < 256; i++) same += syscall(SYS_getppid) == id;
    return same;
}

static uint64_t clock_read(void) {
    struct timespec t;
    uint64_t good = 0;
    for (int i = 0; i < 256; i++) good += clock_gettime(CLOCK_MONOTONIC, &t) == 0;
    return good;
}

enum { PAGE = 4096, PAGES = 64 };

static uint64_t faults(void) {
    char *area = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) return 0;
    // Huge pages would make one fault of all.
    madvise(area, PAGES * PAGE, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES; i++) area[i * PAGE] = (char)i;
    uint64_t sum = 0;
    for (int i = 0; i < PAGES; i++) sum += (unsigned char)area[i * PAGE];
    munmap(area, PAGES * PAGE);
    return sum;
}

static uint64_t mapping(void) {
    uint64_t good = 0;
    for (int i = 0; i < 32; i++) {
        void *area = mmap(0, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        good += area != MAP_FAILED && !munmap(area, PAGES * PAGE);
    }
    return good;
}

static char *flipped;
static int map_flipped(void) {
    flipped = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (flipped == MAP_FAILED) return why_not = "no memory", -1;
    return *flipped = 1, 0;
}
static void unmap_flipped(void) { munmap(flipped, PAGE); }

static uint64_t protection(void) {
    uint64_t good = 0;
    for (int i = 0; i < 64; i++) {
        good += !mprotect(flipped, PAGE, i & 1 ? PROT_READ | PROT_WRITE : PROT_READ);
        good += *(volatile char *)flipped;
    }
    return good;
}

static volatile uint64_t caught;
static void on_signal(int number) { caught += (uint64_t)number; }
static int handle_signal(void) {
    struct sigaction action = {.sa_handler = on_signal};
    return sigaction(SIGUSR1, &action, 0);
}

static uint64_t signals(void) {
    caught = 0;
    for (int i = 0; i < 64; i++) raise(SIGUSR1);
    return caught;
}

static sigjmp_buf after;
static void on_trap(int number) { (void)number, siglongjmp(after, 1); }
static int handle_trap(void) {
    struct sigaction action = {.sa_handler = on_trap, .sa_flags = SA_NODEFER};
    return sigaction(SIGFPE, &action, 0);
}

static uint64_t divisions(void) {
    volatile int traps = 0, i;
    for (i = 0; i < 16; i++) {
        if (sigsetjmp(after, 0)) traps++;
        else {
            int a = 1, b = 0;
            __asm__ volatile("cltd; idivl %1" : "+a"(a) : "r"(b) : "edx");
        }
    }
    return (uint64_t)traps;
}

static int pipe_ends[2];
static int open_pipe(void) { return pipe(pipe_ends) ? why_not = "no pipe", -1 : 0; }
static void close_pipe(void) { close(pipe_ends[0]), close(pipe_ends[1]); }

static uint64_t piping(void) {
    uint64_t good = 0;
    char byte = 7;
    for (int i = 0; i < 64; i++) {
        good += write(pipe_ends[1], &byte, 1) == 1;
        good += read(pipe_ends[0], &byte, 1) == 1 && byte == 7;
    }
    return good;
}

const struct workload kernel_workloads[] = {
    {"syscall", 256, system_call, 0, 0}, {"clock", 256, clock_read, 0, 0}, {"fault", PAGES, faults, 0, 0},
    {"mmap", 32, mapping, 0, 0}, {"mprotect", 64, protection, map_flipped, unmap_flipped},
    {"signal", 64, signals, handle_signal, 0}, {"divzero", 16, divisions, handle_trap, 0},
    {"pipe", 64, piping, open_pipe, close_pipe}, {0},
};
