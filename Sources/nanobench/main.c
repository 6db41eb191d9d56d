// nanobench serve [SHIM]: reads lines "WORKLOAD MILLISECONDS", does blocks of work for that long, and answers with one line
//
//     ok WORKLOAD OPERATIONS NANOSECONDS CPU-NANOSECONDS CHECKSUM      or      no WORKLOAD REASON
//
// and "ready" first. It ends with its input, so nothing of it outlives whoever asked. SHIM slows everything down by so many
// percent: a known difference, to check whoever compares.
#define _GNU_SOURCE
#include "nanobench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

const char *why_not = "";
const char *own_path = "/proc/self/exe";

static const struct workload *const groups[] = {
    processor_workloads, kernel_workloads, memory_workloads, process_workloads, file_workloads, network_workloads,
};

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t processor_time(void) {
    uint64_t sum = 0;
    for (int who = 0; who < 2; who++) {
        struct rusage usage;
        getrusage(who ? RUSAGE_CHILDREN : RUSAGE_SELF, &usage);
        sum += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u
            + (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
    }
    return sum;
}

static const struct workload *find(const char *name) {
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct workload *w = groups[g]; w->name; w++)
            if (!strcmp(w->name, name)) return w;
    return NULL;
}

static void spin(uint64_t nanoseconds) {
    for (uint64_t end = now() + nanoseconds; now() < end;) {}
}

static void measure(const struct workload *w, uint64_t milliseconds, unsigned shim) {
    if (w->prepare && w->prepare()) {
        printf("no %s %s\n", w->name, why_not);
        return;
    }
    // The first block fills caches and says what every further one must say.
    uint64_t expected = w->block(), blocks = 0, cpu = processor_time(), start = now(), end = start, goal;
    int agrees = 1;
    for (goal = start + milliseconds * 1000000u; end < goal; blocks++) {
        uint64_t before = end;
        agrees &= w->block() == expected;
        end = now();
        if (shim) {
            spin((end - before) * shim / 100);
            end = now();
        }
    }
    cpu = processor_time() - cpu;
    if (w->finish) w->finish();
    if (!agrees) printf("no %s its blocks of work came to different results\n", w->name);
    else
        printf("ok %s %llu %llu %llu %llx\n", w->name, (unsigned long long)(blocks * w->ops),
            (unsigned long long)(end - start), (unsigned long long)cpu, (unsigned long long)expected);
}

static int list(void) {
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct workload *w = groups[g]; w->name; w++) puts(w->name);
    return 0;
}

static int serve(unsigned shim) {
    char line[128], name[64];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        unsigned milliseconds;
        const struct workload *w;
        if (sscanf(line, "%63s %u", name, &milliseconds) != 2 || milliseconds > 60000) puts("no ? unreadable request");
        else if ((w = find(name))) measure(w, milliseconds, shim);
        else printf("no %s there is no such workload\n", name);
    }
    return 0;
}

int main(int count, char **words) {
    // Whoever starts this may take its own signals as data and have them blocked.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (count > 1 && !strcmp(words[1], "true")) return 0;
    if (count > 1 && !strcmp(words[1], "list")) return list();
    if (count > 1 && !strcmp(words[1], "serve")) return serve(count > 2 ? (unsigned)atoi(words[2]) : 0);
    fputs("nanobench is started by bailey compare: nanobench list | serve [SHIM]\n", stderr);
    return 64;
}
