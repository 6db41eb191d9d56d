// How an attempt ends: one line, one exit status, whatever the probe and its children do.
#include "probe.h"
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { BLOCKED = 0, ESCAPED = 1, UNAVAILABLE = 2, TIMEOUT_SECONDS = 10 };

// Shared with every child, so that a verdict counts whichever of them reaches it.
struct record {
    volatile bool decided;
    int outcome;
    bool tried;  // something was refused or proved harmless, beyond being missing
    char line[480];
    char notes[400];
    char scratch[64];
};

static struct record *record;

char *scratch_name(void) { return record->scratch; }

static void flatten(char *text) {
    for (; *text; text++)
        if (*text == '\n' || *text == '\r') *text = ' ';
}

static _Noreturn void decide(int outcome, const char *word, const char *format, va_list arguments) {
    char text[400];
    vsnprintf(text, sizeof text, format, arguments);
    if (!record->decided || outcome == ESCAPED) {
        record->outcome = outcome;
        snprintf(record->line, sizeof record->line, "%s: %s", word, text);
        flatten(record->line);
        record->decided = true;
    }
    _exit(outcome);
}

#define DECIDE(outcome, word) \
    va_list arguments; \
    va_start(arguments, format); \
    decide(outcome, word, format, arguments)

void blocked(const char *format, ...) { DECIDE(BLOCKED, "blocked"); }
void escaped(const char *format, ...) { DECIDE(ESCAPED, "ESCAPED"); }
void unavailable(const char *format, ...) { DECIDE(UNAVAILABLE, "unavailable"); }

static void note(const char *format, va_list arguments, const char *ending) {
    char text[160];
    size_t used = strlen(record->notes);
    vsnprintf(text, sizeof text, format, arguments);
    strncat(text, ending, sizeof text - strlen(text) - 1);
    if (strstr(record->notes, text) || used + strlen(text) + 3 > sizeof record->notes) return;
    snprintf(record->notes + used, sizeof record->notes - used, "%s%s", used ? ", " : "", text);
}

// A missing call or file closes the way in a jail all the same; only outside (or unfiltered, for a call) does it show
// that the kernel lacks the thing, so that there was nothing to test.
static bool lacks(int error) {
    if (error == ENOSYS) return dry || prctl(PR_GET_SECCOMP) == 0;
    return dry && (error == ENOENT || error == ENODEV || error == ENXIO || error == EAFNOSUPPORT
                   || error == EPROTONOSUPPORT || error == EOPNOTSUPP);
}

void refused(const char *format, ...) {
    int error = errno;
    char ending[40];
    const char *name = strerrorname_np(error);
    va_list arguments;
    va_start(arguments, format);
    snprintf(ending, sizeof ending, " %s", name ? name : "?");
    note(format, arguments, ending);
    va_end(arguments);
    if (!lacks(error)) record->tried = true;
}

void harmless(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(format, arguments, "");
    va_end(arguments);
    record->tried = true;
}

void absent(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    note(format, arguments, "");
    va_end(arguments);
}

void apart(void (*body)(const char *), const char *subject) {
    pid_t child = fork();
    if (child < 0) {
        refused("fork");
        return;
    }
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        body(subject);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    if (record->decided) _exit(record->outcome);
    if (!WIFSIGNALED(status)) return;
    if (WTERMSIG(status) == SIGSYS) harmless("killed by the filter");
    else escaped("no verdict: the attempt died of SIG%s", sigabbrev_np(WTERMSIG(status)));
}

// The verdict of a probe that came to its end without one: what it noted decides.
static void conclude(void) {
    if (!record->notes[0]) unavailable("nothing to try here");
    if (!record->tried) unavailable("%s", record->notes);
    blocked("%s", record->notes);
}

static _Noreturn void child_side(const struct probe *probe) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    probe->attempt(probe->subject);
    conclude();
    _exit(UNAVAILABLE);
}

// Waits for `child` alone; a probe that runs as PID 1 may see other children end.
static int wait_with_timeout(pid_t child, const sigset_t *watched) {
    struct timespec second = {1, 0};
    int status = 0;
    for (int left = TIMEOUT_SECONDS; left > 0;) {
        if (waitpid(child, &status, WNOHANG) == child) return status;
        if (sigtimedwait(watched, NULL, &second) < 0) left--;
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return SIGALRM;
}

static void remove_scratch(void) {
    char path[400];
    struct dirent *entry;
    DIR *directory = record->scratch[0] ? opendir(record->scratch) : NULL;
    while (directory && (entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        snprintf(path, sizeof path, "%s/%s", record->scratch, entry->d_name);
        umount2(path, MNT_DETACH);
        if (unlink(path)) rmdir(path);
    }
    if (directory) closedir(directory);
    rmdir(record->scratch);
}

static void explain_death(int status) {
    if (record->decided) return;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        record->outcome = BLOCKED;
        snprintf(record->line, sizeof record->line, "blocked: killed by the filter (SIGSYS)");
        return;
    }
    // No proof that the way is closed: it counts as open.
    record->outcome = ESCAPED;
    if (WIFSIGNALED(status))
        snprintf(record->line, sizeof record->line, "ESCAPED: no verdict: %s",
                 WTERMSIG(status) == SIGALRM ? "timed out" : strsignal(WTERMSIG(status)));
    else snprintf(record->line, sizeof record->line, "ESCAPED: no verdict: exit %d", WEXITSTATUS(status));
}

int run_probe(const struct probe *probe, const char *prefix) {
    sigset_t watched;
    if (!record)
        record = mmap(NULL, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(record, 0, sizeof *record);
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    pid_t child = fork();
    if (child == 0) child_side(probe);
    explain_death(child > 0 ? wait_with_timeout(child, &watched) : 256);
    remove_scratch();
    printf("%s%s\n", prefix, record->line);
    fflush(stdout);
    return record->outcome;
}
