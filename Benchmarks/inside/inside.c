// Measures one kind of work for a given time and prints its rate. Run inside a jail and outside, the rates compare.
//
// usage: inside getpid|clock|cpu|triad|files SECONDS [DIRECTORY]
//
//   getpid  system calls that do next to nothing, getppid(2): entry, filter, exit       calls a second
//   clock   clock_gettime(2), CLOCK_MONOTONIC and CLOCK_BOOTTIME through the vDSO        calls a second
//   cpu     integer arithmetic in registers                                             rounds a second
//   triad   a[i] = b[i] + 3 c[i] over three arrays beyond the caches                    bytes a second
//   files   a file made, written, closed and removed in DIRECTORY                       files a second
//
// The time is fixed, not the count: a slow subject does not measure longer, so drift hits all alike.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ARRAY_BYTES = 32 << 20, HUGE_PAGE = 2 << 20 };

static const char *directory = "/tmp";
static volatile uint64_t sink; // keeps results alive

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "inside: %s: %s\n", what, strerror(errno));
    exit(1);
}

// Each batch does its work once and answers how many units that was.
static double batch_getpid(void)
{
    for (int i = 0; i < 2000; i++) sink += (uint64_t)syscall(SYS_getppid);
    return 2000;
}

static double batch_clock(void)
{
    struct timespec time;
    for (int i = 0; i < 2000; i++) {
        clock_gettime(i & 1 ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, &time);
        sink += (uint64_t)time.tv_nsec;
    }
    return 2000;
}

static double batch_cpu(void)
{
    uint64_t x = sink | 1;
    for (int i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    sink = x;
    return 200000;
}

// Huge pages where the kernel gives them: else luck with page colours outweighs what is looked for.
static double *make_array(void)
{
    char *memory = mmap(NULL, ARRAY_BYTES + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) give_up("memory");
    memory = (char *)(((uintptr_t)memory + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    madvise(memory, ARRAY_BYTES, MADV_HUGEPAGE);
    double *array = (double *)memory;
    for (size_t i = 0; i < ARRAY_BYTES / sizeof *array; i++) array[i] = (double)i;
    return array;
}

static double batch_triad(void)
{
    static double *a, *b, *c;
    if (a == NULL) a = make_array(), b = make_array(), c = make_array();
    size_t count = ARRAY_BYTES / sizeof *a;
    for (size_t i = 0; i < count; i++) a[i] = b[i] + 3 * c[i];
    sink += (uint64_t)a[sink % count];
    return 3.0 * ARRAY_BYTES;
}

static double batch_files(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/inside-%d", directory, getpid());
    for (int i = 0; i < 20; i++) {
        int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
        if (file < 0) give_up(path);
        if (write(file, path, sizeof path) != sizeof path) give_up(path);
        close(file);
        if (unlink(path) != 0) give_up(path);
    }
    return 20;
}

static const struct work { const char *name; double (*batch)(void); } WORKS[] = {
    {"getpid", batch_getpid}, {"clock", batch_clock}, {"cpu", batch_cpu},
    {"triad", batch_triad},   {"files", batch_files},
};

int main(int argc, char **argv)
{
    double seconds = argc > 2 ? atof(argv[2]) : 0;
    if (argc > 3) directory = argv[3];
    for (size_t i = 0; seconds > 0 && i < sizeof WORKS / sizeof *WORKS; i++) {
        if (strcmp(argv[1], WORKS[i].name) != 0) continue;
        WORKS[i].batch(); // touches code and memory once, untimed
        double units = 0, begin = now(), end = begin;
        while (end - begin < seconds) {
            units += WORKS[i].batch();
            end = now();
        }
        printf("%.6g\n", units / (end - begin));
        return 0;
    }
    fputs("usage: inside getpid|clock|cpu|triad|files SECONDS [DIRECTORY]\n", stderr);
    return 2;
}
