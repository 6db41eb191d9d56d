// Privileges of the guest: capabilities, the filter's presence, ids, and what set-user-id programs give.
#include "probe.h"
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// What a jail may have at the most: the mask given as most=, else what docker gives its containers.
static uint64_t most_capabilities(void) {
    return fact("most") ? strtoull(fact("most"), NULL, 16) : 0xa80425fb;
}

struct set { const char *field, *key; bool usually_empty; };

static const struct set sets[] = {
    {"CapEff", "effective", false}, {"CapPrm", "permitted", false}, {"CapBnd", "bounding", false},
    {"CapInh", "inheritable", true}, {"CapAmb", "ambient", true},
};

static void judge_set(const struct set *set) {
    char text[64];
    if (!status_field("self", set->field, text, sizeof text)) unavailable("no %s in /proc/self/status", set->field);
    uint64_t value = strtoull(text, NULL, 16);
    if (fact(set->key)) {
        uint64_t wanted = strtoull(fact(set->key), NULL, 16);
        if (value != wanted) escaped("%s set is %s, not %016llx", set->key, text, (unsigned long long)wanted);
    } else if (value & ~(set->usually_empty ? 0 : most_capabilities())) escaped("%s set is %s", set->key, text);
    harmless("%s %s", set->key, text);
}

// Reads its five sets, all 64 bits (CVE-2022-29162 was a forgotten inheritable set). They must be what the plan says:
// equal to the masks given as effective=, permitted=, bounding=, inheritable=, ambient=, else no more than most=.
static void capability_sets(const char *subject) {
    (void)subject;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) judge_set(&sets[i]);
}

// Reads them a second way: what the calls say must agree with /proc.
static void capability_calls(const char *subject) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    uint64_t bounding = 0, most = most_capabilities();
    (void)subject;
    if (syscall(SYS_capget, &header, data)) refused("capget");
    uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;
    for (int number = 0; number < 64; number++)
        if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) bounding |= 1ULL << number;
    if (bounding & ~most) escaped("bounding set is %016llx", (unsigned long long)bounding);
    if (effective & ~most) escaped("effective set is %016llx", (unsigned long long)effective);
    harmless("capget %016llx", (unsigned long long)effective);
}

// Takes back, one by one, the capabilities beyond most=. They must be gone from the permitted and the bounding set.
static void regain_capability(const char *subject) {
    (void)subject;
    if (!(~most_capabilities() & ((1ULL << (CAP_LAST_CAP + 1)) - 1))) unavailable("all capabilities given");
    for (int number = 0; number <= CAP_LAST_CAP; number++) {
        struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
        struct __user_cap_data_struct data[2] = {{0}};
        if (most_capabilities() >> number & 1) continue;
        unsigned bit = 1u << (number % 32);
        data[number / 32] = (struct __user_cap_data_struct){bit, bit, bit};
        if (syscall(SYS_capset, &header, data) == 0) escaped("gave itself capability %d", number);
        refused("capset");
    }
}

// Looks whether a filter is on.
static void filter_present(const char *subject) {
    char mode[16] = "?";
    (void)subject;
    status_field("self", "Seccomp", mode, sizeof mode);
    if (strcmp(mode, "2")) escaped("seccomp mode %s", mode);
    harmless("seccomp mode 2");
}

// Looks whether set-user-id programs are disarmed (app jails).
static void no_new_privileges(const char *subject) {
    (void)subject;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) escaped("no_new_privs is off");
    harmless("no_new_privs is on");
}

// Looks whose ids it runs under. The user namespace must not be the host's, nor map the host's root.
static void own_ids(const char *subject) {
    char text[1024];
    unsigned long long inside, outside, count;
    (void)subject;
    if (shares_host_namespace("user")) escaped("the user namespace is the host's");
    if (read_file("/proc/self/uid_map", text, sizeof text) <= 0) escaped("no id map");
    for (char *line = text; sscanf(line, "%llu %llu %llu", &inside, &outside, &count) == 3;) {
        if (outside == 0) escaped("id %llu is the host's root", inside);
        harmless("ids %llu+%llu are %llu+ outside", inside, count, outside);
        if (!(line = strchr(line, '\n'))) break;
        line++;
    }
}

// Takes on an id outside its range. The user namespace must have no mapping for it.
static void foreign_id(const char *subject) {
    static const unsigned ids[] = {65536, 100000, 0x7fffffff};
    (void)subject;
    for (int i = 0; i < 3; i++) {
        if (setresuid(ids[i], ids[i], ids[i]) == 0) escaped("became uid %u", ids[i]);
        refused("setresuid");
    }
}

static void leave_uid_zero(void) {
    if (setgroups(0, NULL)) refused("setgroups");
    if (setresgid(1000, 1000, 1000)) refused("setresgid");
    if (setresuid(1000, 1000, 1000)) refused("setresuid");
}

static bool copy_program(const char *path) {
    struct stat status;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    bool done = from >= 0 && to >= 0 && fstat(from, &status) == 0
        && sendfile(to, from, NULL, status.st_size) == status.st_size && fchmod(to, 04755) == 0;
    close(from);
    close(to);
    return done;
}

static void run_as_user(const char *path) {
    if (geteuid() == 0) leave_uid_zero();
    if (geteuid() == 0) return;
    execl(path, "probe", "euid", NULL);
    refused("exec");
}

// Runs a root-owned set-user-id program as an ordinary user. no_new_privs must stop it in an app jail. (In a system
// jail it works by design, and root is then the jail's own.)
static void setuid_program(const char *subject) {
    (void)subject;
    char made[] = "/probe-setuid-copy";
    const char *path = fact("setuid");
    if (!path) path = access("/probe-setuid", X_OK) == 0 ? "/probe-setuid" : copy_program(made) ? made : NULL;
    if (!path) unavailable("no set-user-id copy of the probe");
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        run_as_user(path);
        _exit(0);
    }
    waitpid(child, &status, 0);
    unlink(made);
    // The tool `euid` ends with 70 + whether it is root.
    if (WIFEXITED(status) && WEXITSTATUS(status) == 71) escaped("became root through %s", path);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 70) harmless("%s ran without its owner's rights", path);
}

// Names namespaces that are the host's. Each must be the jail's own.
static void own_namespaces(const char *subject) {
    static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    (void)subject;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (shares_host_namespace(kinds[i])) escaped("the %s namespace is the host's", kinds[i]);
    harmless("all eight namespaces are its own");
}

const struct probe privilege_probes[] = {
    {.name = "capabilities", .attempt = capability_sets},
    {.name = "capability-calls", .attempt = capability_calls},
    {.name = "regain-capability", .attempt = regain_capability},
    {.name = "filter-present", .attempt = filter_present},
    {.name = "no-new-privileges", .attempt = no_new_privileges},
    {.name = "own-ids", .attempt = own_ids},
    {.name = "own-namespaces", .attempt = own_namespaces},
    {.name = "foreign-id", .attempt = foreign_id},
    {.name = "setuid-program", .attempt = setuid_program},
    {0},
};
