// Starts commands and times them, the same way for every subject: posix_spawn (no copy of memory), wait4, clock.
//
// usage: driver COMMANDS ERRORS [HIDE]
//   COMMANDS  one command a line, fields separated by byte 0x1f; leading fields "<N=PATH" open PATH at descriptor N
//   ERRORS    file that receives the standard error of the commands; their input and output are /dev/null
//   HIDE      mount point to take away from the commands (in a mount namespace of the driver's own), as crun needs on a
//             host with cgroup v1 and v2: it refuses to run while a controller is on v2
//
// Requests on standard input, one answer line each:
//   run INDEX GAP_US               -> NANOSECONDS STATUS CPU_US PEAK_KIB   (a wait status; GAP_US of quiet come first)
//   parallel FIRST COUNT STARTS    -> NANOSECONDS FAILURES   (COUNT at once: command FIRST+i in place i, STARTS in all)
//
// On SIGTERM it ends what it started, then itself. It also gets SIGTERM when its parent dies.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 256, MOST_FIELDS = 512, MOST_PARALLEL = 64 };

struct command {
    char *argv[MOST_FIELDS];
    posix_spawn_file_actions_t actions;
};

static struct command commands[MOST_COMMANDS];
static int command_count;
static volatile sig_atomic_t running[MOST_PARALLEL];
static posix_spawnattr_t attributes;
extern char **environ;

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
    exit(2);
}

// A runtime asked to end cleans up after itself; one that has not within two seconds is killed.
static void end(int signal)
{
    (void)signal;
    for (int i = 0; i < MOST_PARALLEL; i++)
        if (running[i] > 0) kill(running[i], SIGTERM);
    for (int tries = 0; tries < 200; tries++) {
        int left = 0;
        for (int i = 0; i < MOST_PARALLEL; i++) {
            if (running[i] > 0 && waitpid(running[i], NULL, WNOHANG) != 0) running[i] = 0;
            left += running[i] > 0;
        }
        if (left == 0) break;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    for (int i = 0; i < MOST_PARALLEL; i++)
        if (running[i] > 0) kill(running[i], SIGKILL);
    _exit(3);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void read_command(char *line, int errors)
{
    if (command_count == MOST_COMMANDS) errno = E2BIG, give_up("commands");
    struct command *command = &commands[command_count++];
    posix_spawn_file_actions_init(&command->actions);
    posix_spawn_file_actions_addopen(&command->actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&command->actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&command->actions, errors, 2);
    int count = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *field; (field = strsep(&line, "\x1f")) != NULL;) {
        char *equals = count == 0 && *field == '<' ? strchr(field, '=') : NULL;
        if (equals != NULL)
            posix_spawn_file_actions_addopen(&command->actions, atoi(field + 1), equals + 1, O_RDONLY, 0);
        else if (count < MOST_FIELDS - 1)
            command->argv[count++] = strdup(field);
    }
}

static void read_commands(const char *path, const char *errors_path)
{
    int errors = open(errors_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    FILE *file = fopen(path, "re");
    if (errors < 0 || file == NULL) give_up("open files");
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, file) > 0) read_command(line, errors);
    free(line);
    fclose(file);
}

// The signal is blocked around it, so that `end` never misses a child just born.
static pid_t start(int index, int place)
{
    sigset_t term, before;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, &before);
    pid_t pid = -1;
    struct command *command = &commands[index];
    int error = posix_spawn(&pid, command->argv[0], &command->actions, &attributes, command->argv, environ);
    if (error == 0) running[place] = pid;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? pid : -1;
}

static void run(int index, long gap_us)
{
    if (gap_us > 0) nanosleep(&(struct timespec){gap_us / 1000000, gap_us % 1000000 * 1000}, NULL);
    int status = 127 << 8;
    uint64_t begin = now();
    pid_t pid = start(index, 0);
    struct rusage used = {0};
    if (pid > 0) wait4(pid, &status, 0, &used);
    uint64_t took = now() - begin;
    running[0] = 0;
    long spent = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    printf("%llu %d %ld %ld\n", (unsigned long long)took, status, spent, used.ru_maxrss);
}

static void parallel(int first, int count, int starts)
{
    int begun = 0, ended = 0, failures = 0;
    uint64_t begin = now();
    for (; begun < count && begun < starts; begun++)
        if (start(first + begun, begun) < 0) ended++, failures++;
    while (ended < begun) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0) break;
        for (int place = 0; place < count; place++) {
            if (running[place] != pid) continue;
            running[place] = 0;
            ended++;
            failures += status != 0;
            if (begun == starts) continue;
            begun++;
            if (start(first + place, place) < 0) ended++, failures++;
        }
    }
    printf("%llu %d\n", (unsigned long long)(now() - begin), failures);
}

static void hide(const char *mount_point)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0
        || umount2(mount_point, MNT_DETACH) != 0)
        give_up(mount_point);
}

static void prepare_attributes(void)
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGTERM);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        fputs("usage: driver COMMANDS ERRORS [HIDE]\n", stderr);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (argc == 4) hide(argv[3]);
    prepare_attributes();
    read_commands(argv[1], argv[2]);
    signal(SIGTERM, end);

    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        int a, b, c;
        long gap;
        if (sscanf(line, "run %d %ld", &a, &gap) == 2 && a >= 0 && a < command_count)
            run(a, gap);
        else if (sscanf(line, "parallel %d %d %d", &a, &b, &c) == 3 && a >= 0 && b > 0 && b <= MOST_PARALLEL
                 && a + b <= command_count)
            parallel(a, b, c);
        else
            puts("0 -1");
        fflush(stdout);
    }
    return 0;
}
