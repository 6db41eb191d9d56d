// Starts Bailey's jail in plain C, once or many times, and prints what it took. See floor.h for the parts.
#define _GNU_SOURCE
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char USAGE[] =
    "usage: floor --rootfs DIR [options] -- COMMAND [ARGUMENT ...]\n"
    "  --filter FILE             seccomp program: raw struct sock_filter\n"
    "  --etc DIR                 bind resolv.conf, hosts, hostname from here, read-only\n"
    "  --bind SOURCE:TARGET      one writable bind\n"
    "  --writable                root not read-only\n"
    "  --no-network-namespace    share the host's network (default: --network)\n"
    "  --cgroups v1|v2|none      default v1\n"
    "  --cgroup-name NAME        folder below bailey/floor (default: own process id)\n"
    "  --init                    stay as PID 1 and fork the command (default: become it)\n"
    "  --copy-memory             clone without CLONE_VM (--init implies it)\n"
    "  --hold                    print {\"launcher\", \"init\"} once the command runs, for memory measurements\n"
    "  --count N --parallel P    N starts, P at once; prints a line of JSON\n"
    "  --gap MS                  quiet before every start\n"
    "  --phases                  with --count: median time of each step to standard error\n";

static const char *const PHASE_NAMES[PHASE_COUNT] = {
    [PHASE_BEGIN] = "begin", [PHASE_TIME_NAMESPACE] = "launcher: time namespace", [PHASE_CLONED] = "launcher: cloned",
    [PHASE_ROOT_SENT] = "launcher: root sent", [PHASE_CGROUPS_MADE] = "launcher: cgroups made",
    [PHASE_ATTACHED] = "launcher: attached", [PHASE_JAIL_BORN] = "jail: born",
    [PHASE_JAIL_NETWORK] = "jail: loopback, hostname, bounding set", [PHASE_JAIL_ROOT] = "jail: ids, root",
    [PHASE_JAIL_MOUNTS] = "jail: mounts", [PHASE_JAIL_MASKS] = "jail: masks", [PHASE_JAIL_PIVOT] = "jail: pivot_root",
    [PHASE_JAIL_WAITED] = "jail: heard attached", [PHASE_JAIL_FILTER] = "jail: capabilities, filter",
    [PHASE_EXITED] = "launcher: reaped", [PHASE_CLEANED] = "launcher: cgroups removed",
};

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void mark(const struct start *start, enum phase phase)
{
    if (start->moments != NULL) start->moments[phase] = now();
}

static _Noreturn void refuse(const char *what, const char *why)
{
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(125);
}

static void report(const struct failure *failure)
{
    fprintf(stderr, "floor: %s: %s\n", failure->stage, strerror(failure->error));
}

static struct sock_fprog read_filter(const char *path)
{
    struct sock_fprog filter = {0, NULL};
    if (path == NULL) return filter;
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0) refuse(path, strerror(errno));
    size_t size = (size_t)status.st_size, count = size / sizeof(struct sock_filter);
    if (size == 0 || size % sizeof(struct sock_filter) != 0 || count > BPF_MAXINSNS)
        refuse(path, "is not a seccomp program");
    filter.len = (unsigned short)count;
    filter.filter = malloc(size);
    if (filter.filter == NULL || read(file, filter.filter, size) != (ssize_t)size) refuse(path, "cannot be read");
    close(file);
    return filter;
}

static long number(const char *option, const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || value < 0) refuse(option, "needs a number");
    return value;
}

static enum cgroup_version cgroup_version(const char *text)
{
    if (strcmp(text, "v1") == 0) return CGROUPS_V1;
    if (strcmp(text, "v2") == 0) return CGROUPS_V2;
    if (strcmp(text, "none") != 0) refuse("--cgroups", "is v1, v2 or none");
    return CGROUPS_NONE;
}

static void split_bind(struct options *options, char *text)
{
    char *colon = strchr(text, ':');
    if (colon == NULL || colon[1] != '/') refuse("--bind", "is SOURCE:/TARGET");
    *colon = '\0';
    options->bind_source = text;
    options->bind_target = colon + 1;
}

static struct options parse(int argc, char **argv)
{
    enum { ROOTFS = 1, FILTER, ETC, BIND, WRITABLE, NETWORK, NO_NETWORK, CGROUPS, NAME, INIT, COPY, HOLD, TIMES,
           PARALLEL, GAP, PHASES };
    static const struct option names[] = {
        {"rootfs", 1, 0, ROOTFS}, {"filter", 1, 0, FILTER}, {"etc", 1, 0, ETC}, {"bind", 1, 0, BIND},
        {"writable", 0, 0, WRITABLE}, {"network", 0, 0, NETWORK}, {"no-network-namespace", 0, 0, NO_NETWORK},
        {"cgroups", 1, 0, CGROUPS}, {"cgroup-name", 1, 0, NAME}, {"init", 0, 0, INIT}, {"copy-memory", 0, 0, COPY},
        {"hold", 0, 0, HOLD}, {"count", 1, 0, TIMES}, {"parallel", 1, 0, PARALLEL}, {"gap", 1, 0, GAP},
        {"phases", 0, 0, PHASES}, {0, 0, 0, 0},
    };
    struct options options = {.cgroups = CGROUPS_V1, .network = true, .parallel = 1};
    for (int option; (option = getopt_long(argc, argv, "+", names, NULL)) != -1;) {
        switch (option) {
        case ROOTFS: options.rootfs = optarg; break;
        case FILTER: options.filter_path = optarg; break;
        case ETC: options.etc = optarg; break;
        case BIND: split_bind(&options, optarg); break;
        case WRITABLE: options.writable = true; break;
        case NETWORK: options.network = true; break;
        case NO_NETWORK: options.network = false; break;
        case CGROUPS: options.cgroups = cgroup_version(optarg); break;
        case NAME: options.cgroup_name = optarg; break;
        case INIT: options.stay_as_init = true; break;
        case COPY: options.copy_memory = true; break;
        case HOLD: options.hold = true; break;
        case TIMES: options.count = number("--count", optarg); break;
        case PARALLEL: options.parallel = number("--parallel", optarg); break;
        case GAP: options.gap_ms = number("--gap", optarg); break;
        case PHASES: options.phases = true; break;
        default: fputs(USAGE, stderr); exit(125);
        }
    }
    options.command = argv + optind;
    if (options.rootfs == NULL || optind == argc) { fputs(USAGE, stderr); exit(125); }
    if (options.rootfs[0] != '/' || options.command[0][0] != '/')
        refuse("rootfs and command", "must be absolute paths");
    if (options.etc != NULL && strlen(options.etc) > 400) refuse("--etc", "path is too long");
    if (options.parallel < 1) refuse("--parallel", "must be at least 1");
    return options;
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static double median_us(uint64_t *values, long count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return (double)(values[(count - 1) / 2] + values[count / 2]) / 2000;
}

// Each moment as microseconds since the start began: how the two sides overlap can be read off.
static void print_phases(const uint64_t *moments, uint64_t *scratch, long count)
{
    for (int phase = PHASE_TIME_NAMESPACE; phase < PHASE_COUNT; phase++) {
        for (long i = 0; i < count; i++) scratch[i] = moments[i * PHASE_COUNT + phase] - moments[i * PHASE_COUNT];
        fprintf(stderr, "%8.0f us  %s\n", median_us(scratch, count), PHASE_NAMES[phase]);
    }
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_handler = launcher_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

// One worker's share of the starts; stops at the first failure.
static int work(const struct start *template, long worker, uint64_t *moments, uint64_t *samples)
{
    const struct options *options = template->options;
    struct start start = *template;
    struct failure failure;
    char name[64];
    snprintf(name, sizeof name, "%s-%ld", options->cgroup_name, worker);
    for (long i = worker; i < options->count && !launcher_interrupted(); i += options->parallel) {
        if (options->gap_ms > 0)
            nanosleep(&(struct timespec){options->gap_ms / 1000, options->gap_ms % 1000 * 1000000}, NULL);
        if (moments != NULL) start.moments = moments + i * PHASE_COUNT;
        uint64_t begin = now();
        int status = launch(&start, name, &failure);
        samples[i] = now() - begin;
        if (status < 0 && !launcher_interrupted()) report(&failure);
        if (status != 0) return 1;
    }
    return launcher_interrupted();
}

static int run_workers(const struct start *start, uint64_t *moments, uint64_t *samples)
{
    if (start->options->parallel == 1) return work(start, 0, moments, samples);
    pid_t workers[start->options->parallel];
    for (long worker = 0; worker < start->options->parallel; worker++) {
        workers[worker] = fork();
        if (workers[worker] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            _exit(work(start, worker, moments, samples));
        }
    }
    int failed = 0, status;
    for (long worker = 0; worker < start->options->parallel; worker++) {
        if (workers[worker] < 0) { failed = 1; continue; }
        while (waitpid(workers[worker], &status, 0) < 0 && errno == EINTR)
            for (long i = worker; i < start->options->parallel; i++)
                if (workers[i] > 0) kill(workers[i], SIGTERM);
        failed |= status != 0;
    }
    return failed;
}

static int run_many(const struct start *start)
{
    long count = start->options->count;
    size_t size = (size_t)count * sizeof(uint64_t);
    uint64_t *shared = mmap(NULL, size * (PHASE_COUNT + 1), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) refuse("memory for samples", strerror(errno));
    uint64_t *moments = start->options->phases ? shared + count : NULL;
    uint64_t begin = now();
    int failed = run_workers(start, moments, shared);
    double seconds = (double)(now() - begin) / 1e9;
    if (failed) return 125;
    printf("{\"starts\": %ld, \"parallel\": %ld, \"seconds\": %.6f, \"per_second\": %.1f, \"median_us\": %.1f}\n",
           count, start->options->parallel, seconds, (double)count / seconds, median_us(shared, count));
    if (moments != NULL) print_phases(moments, shared, count);
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    char own_name[16];
    snprintf(own_name, sizeof own_name, "%d", getpid());
    if (options.cgroup_name == NULL) options.cgroup_name = own_name;
    struct start start = {&options, read_filter(options.filter_path), -1, NULL};
    struct failure failure;
    install_handlers();
    if (options.count > 0) {
        int status = run_many(&start);
        cgroups_forget_parents(options.cgroups);
        return status;
    }
    int status = launch(&start, options.cgroup_name, &failure);
    if (status < 0) report(&failure);
    return status < 0 ? 125 : status;
}
