// Tools that use something up, for tests of limits: the driver runs them in a jail and reads what they got.
#include "probe.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static long number(int argc, char **argv, int index, long otherwise) {
    return index < argc ? strtol(argv[index], NULL, 10) : otherwise;
}

// Prints "forked N: ERRNO". The children die with it.
static int fork_bomb(int argc, char **argv) {
    long most = number(argc, argv, 0, 50000), count = 0;
    pid_t *children = calloc(most, sizeof *children), child = 0;
    while (children && count < most && (child = fork()) > 0) children[count++] = child;
    if (child == 0 && count < most) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pause();
        _exit(0);
    }
    const char *why = child < 0 ? strerrorname_np(errno) : "limit of this tool";
    for (long i = 0; i < count; i++) kill(children[i], SIGKILL);
    while (wait(NULL) > 0) {}
    printf("forked %ld: %s\n", count, why);
    return 0;
}

// Prints "touched N MiB", unless it is killed on the way.
static int eat(int argc, char **argv) {
    const size_t mebibyte = 1 << 20;
    long most = number(argc, argv, 0, 64), done = 0;
    for (char *room; done < most; done++) {
        room = mmap(NULL, mebibyte, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) break;
        memset(room, 0x5a, mebibyte);
    }
    printf("touched %ld MiB%s%s\n", done, done < most ? ": " : "", done < most ? strerrorname_np(errno) : "");
    return 0;
}

// Prints "opened N: ERRNO".
static int open_many(int argc, char **argv) {
    long most = number(argc, argv, 0, 2000000), count = 0;
    while (count < most && dup(1) >= 0) count++;
    printf("opened %ld: %s\n", count, count < most ? strerrorname_np(errno) : "limit of this tool");
    return 0;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double used(int who) {
    struct rusage usage;
    getrusage(who, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// Spins for SECONDS in PROCESSES processes; prints "consumed CPU in WALL seconds".
static int burn(int argc, char **argv) {
    double seconds = argc > 0 ? strtod(argv[0], NULL) : 1, start = now();
    long processes = number(argc, argv, 1, 1);
    pid_t child = 1;
    for (long i = 1; i < processes && child > 0; i++) child = fork();
    while (now() - start < seconds) {}
    if (child == 0) _exit(0);
    while (wait(NULL) > 0) {}
    printf("consumed %.3f in %.3f seconds\n", used(RUSAGE_SELF) + used(RUSAGE_CHILDREN), now() - start);
    return 0;
}

// Writes MIB mebibytes to PATH, through to the disk; prints "wrote N MiB: ERRNO" and removes the file.
static int fill(int argc, char **argv) {
    static char block[1 << 20];
    long most = number(argc, argv, 1, 64), done = 0;
    if (argc < 1) return 3;
    int file = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    memset(block, 0x5a, sizeof block);
    while (file >= 0 && done < most && write(file, block, sizeof block) == sizeof block) done++;
    const char *why = done < most ? strerrorname_np(errno) : "all";
    if (file >= 0 && done == most && fsync(file)) why = strerrorname_np(errno);
    unlink(argv[0]);
    printf("wrote %ld MiB: %s\n", done, why);
    return file < 0 ? 3 : 0;
}

// Makes empty files in DIRECTORY until it is refused; prints "made N files: ERRNO" and removes them.
static int many_files(int argc, char **argv) {
    char path[400];
    long most = number(argc, argv, 1, 100000), count = 0;
    if (argc < 1) return 3;
    for (; count < most; count++) {
        snprintf(path, sizeof path, "%s/probe-file-%ld", argv[0], count);
        int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) break;
        close(file);
    }
    const char *why = count < most ? strerrorname_np(errno) : "limit of this tool";
    for (long i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/probe-file-%ld", argv[0], i);
        unlink(path);
    }
    printf("made %ld files: %s\n", count, why);
    return 0;
}

const struct tool limit_tools[] = {
    {"forkbomb", "[MOST]", fork_bomb},
    {"eat", "MIB", eat},
    {"openfiles", "[MOST]", open_many},
    {"burn", "SECONDS [PROCESSES]", burn},
    {"fill", "PATH MIB", fill},
    {"manyfiles", "DIRECTORY [MOST]", many_files},
    {0},
};
