// One jail's cgroups: v1 with a folder in each of five hierarchies, or v2 with one folder and a device program.
#define _GNU_SOURCE
#include "floor.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char PIDS_MAX[] = "256", MEMORY_MAX[] = "536870912";
static const char V1_ROOT[] = "/sys/fs/cgroup";
static const char PARENT[] = "bailey/floor";
static const char *const V1_CONTROLLERS[] = {"devices", "freezer", "pids", "memory", "cpuacct"};
enum { V1_COUNT = sizeof V1_CONTROLLERS / sizeof *V1_CONTROLLERS };

// What a jail may open: null zero full random urandom, tty, ptmx, its ptys.
struct device { int major, minor; const char *v1_line; };
static const struct device DEVICES[] = {
    {1, 3, "c 1:3 rwm"}, {1, 5, "c 1:5 rwm"}, {1, 7, "c 1:7 rwm"}, {1, 8, "c 1:8 rwm"},
    {1, 9, "c 1:9 rwm"}, {5, 0, "c 5:0 rwm"}, {5, 2, "c 5:2 rwm"}, {136, -1, "c 136:* rwm"},
};
enum { DEVICE_COUNT = sizeof DEVICES / sizeof *DEVICES };

static int failed(struct failure *failure, const char *stage, long result)
{
    if (result < 0) *failure = (struct failure){stage, (int)-result};
    return result < 0 ? (int)result : 0;
}

// v2 lies at /sys/fs/cgroup, or below it at `unified` on a hybrid host.
static const char *v2_root(void)
{
    struct stat status;
    if (stat("/sys/fs/cgroup/cgroup.controllers", &status) == 0) return "/sys/fs/cgroup";
    return "/sys/fs/cgroup/unified";
}

static int write_file(int folder, const char *name, const char *text)
{
    long file = KERNEL(SYS_openat, folder, name, O_WRONLY | O_CLOEXEC);
    if (file < 0) return (int)file;
    long written = KERNEL(SYS_write, file, text, strlen(text));
    KERNEL(SYS_close, file);
    return written < 0 ? (int)written : 0;
}

// v2 beside v1 (hybrid) lacks the controllers that v1 holds. Then a jail is born in its cgroup and gets its device
// program, but these two limits do not exist: the launcher warns once.
static bool v2_has_limits, v2_is_known;

static void find_v2_limits(void)
{
    if (v2_is_known) return;
    v2_is_known = true;
    char path[256], text[256] = "";
    snprintf(path, sizeof path, "%s/%s/cgroup.controllers", v2_root(), PARENT);
    long file = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) KERNEL(SYS_read, file, text, sizeof text - 1), KERNEL(SYS_close, file);
    v2_has_limits = strstr(text, "pids") != NULL && strstr(text, "memory") != NULL;
    if (!v2_has_limits)
        fputs("floor: warning: cgroup v2 without pids and memory controllers: no such limits\n", stderr);
}

// Both folders above the jails'. Made when first missed and then kept, as Bailey keeps its tenants' folders: a start
// does not pay for them. On v2 a controller that this host keeps on v1 cannot be switched on.
static void make_parents(const char *root, const char *controller)
{
    char path[256];
    const char *folders[] = {"bailey", PARENT};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s/%s", root, controller, folders[i]);
        mkdir(path, 0755);
        if (*controller != '\0') continue;
        snprintf(path, sizeof path, "%s/%s/cgroup.subtree_control", root, folders[i]);
        write_file(AT_FDCWD, path, "+pids");
        write_file(AT_FDCWD, path, "+memory");
    }
}

// Another benchmark may remove the empty folders above just then: tried anew.
static long make_folder(const char *path, const char *root, const char *controller)
{
    long result = 0;
    for (int tries = 0; tries < 10; tries++) {
        result = KERNEL(SYS_mkdirat, AT_FDCWD, path, 0755);
        if (result != -ENOENT) break;
        make_parents(root, controller);
    }
    return result;
}

// Only where empty: another benchmark may be using them.
void cgroups_forget_parents(enum cgroup_version version)
{
    char path[256];
    for (int i = 0; i < (version == CGROUPS_V1 ? V1_COUNT : version == CGROUPS_V2 ? 1 : 0); i++) {
        const char *root = version == CGROUPS_V1 ? V1_ROOT : v2_root();
        const char *controller = version == CGROUPS_V1 ? V1_CONTROLLERS[i] : "";
        snprintf(path, sizeof path, "%s/%s/%s", root, controller, PARENT);
        rmdir(path);
        snprintf(path, sizeof path, "%s/%s/bailey", root, controller);
        rmdir(path);
    }
}

static void folder_path(char *path, size_t size, const char *controller, const char *name)
{
    snprintf(path, size, "%s/%s/%s/%s", V1_ROOT, controller, PARENT, name);
}

static int write_device_rules(int folder)
{
    int result = write_file(folder, "devices.deny", "a");
    if (result < 0) return result;
    long file = KERNEL(SYS_openat, folder, "devices.allow", O_WRONLY | O_CLOEXEC);
    if (file < 0) return (int)file;
    for (int i = 0; i < DEVICE_COUNT && result >= 0; i++)
        result = (int)KERNEL(SYS_write, file, DEVICES[i].v1_line, strlen(DEVICES[i].v1_line));
    KERNEL(SYS_close, file);
    return result < 0 ? result : 0;
}

static int create_v1(struct cgroup_set *set, struct failure *failure)
{
    for (int i = 0; i < V1_COUNT; i++) {
        char path[256];
        folder_path(path, sizeof path, V1_CONTROLLERS[i], set->name);
        int result = failed(failure, "make cgroup folder", make_folder(path, V1_ROOT, V1_CONTROLLERS[i]));
        if (result < 0) return result;
        if (strcmp(V1_CONTROLLERS[i], "freezer") == 0 || strcmp(V1_CONTROLLERS[i], "cpuacct") == 0) continue;
        long folder = KERNEL(SYS_openat, AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (folder < 0) return failed(failure, "open cgroup folder", folder);
        if (strcmp(V1_CONTROLLERS[i], "devices") == 0)
            result = failed(failure, "write device rules", write_device_rules((int)folder));
        else if (strcmp(V1_CONTROLLERS[i], "pids") == 0)
            result = failed(failure, "write pids.max", write_file((int)folder, "pids.max", PIDS_MAX));
        else
            result = failed(failure, "write memory limit",
                            write_file((int)folder, "memory.limit_in_bytes", MEMORY_MAX));
        KERNEL(SYS_close, folder);
        if (result < 0) return result;
    }
    return 0;
}

static struct bpf_insn instruction(int code, int to, int from, int offset, int value)
{
    return (struct bpf_insn){(uint8_t)code, (uint8_t)(to & 15), (uint8_t)(from & 15), (int16_t)offset, value};
}

// The same eight rules as a program: allowed if type is character and (major, minor) is one of them.
static int attach_device_program(int folder)
{
    struct bpf_insn program[8 + DEVICE_COUNT * 4];
    int n = 0;
    program[n++] = instruction(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0); // r2 = access << 16 | type
    program[n++] = instruction(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0); // r3 = major
    program[n++] = instruction(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 8, 0); // r4 = minor
    program[n++] = instruction(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
    program[n++] = instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
    program[n++] = instruction(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1, BPF_DEVCG_DEV_CHAR);
    program[n++] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    for (int i = 0; i < DEVICE_COUNT; i++) {
        bool any_minor = DEVICES[i].minor < 0;
        program[n++] = instruction(BPF_JMP | BPF_JNE | BPF_K, 3, 0, any_minor ? 2 : 3, DEVICES[i].major);
        if (!any_minor) program[n++] = instruction(BPF_JMP | BPF_JNE | BPF_K, 4, 0, 2, DEVICES[i].minor);
        program[n++] = instruction(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
        program[n++] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
    program[n++] = instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);

    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = (uint32_t)n};
    load.insns = (uintptr_t)program;
    load.license = (uintptr_t) "Dual MIT/GPL";
    long file = KERNEL(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    if (file < 0) return (int)file;
    union bpf_attr attach = {.target_fd = (uint32_t)folder, .attach_bpf_fd = (uint32_t)file};
    attach.attach_type = BPF_CGROUP_DEVICE;
    long result = KERNEL(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
    KERNEL(SYS_close, file);
    return (int)result;
}

static int create_v2(struct cgroup_set *set, struct failure *failure)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s/%s", v2_root(), PARENT, set->name);
    int result = failed(failure, "make cgroup folder", make_folder(path, v2_root(), ""));
    if (result < 0) return result;
    find_v2_limits();
    long folder = KERNEL(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return failed(failure, "open cgroup folder", folder);
    set->v2_folder = (int)folder;
    if (v2_has_limits) {
        result = failed(failure, "write pids.max", write_file((int)folder, "pids.max", PIDS_MAX));
        if (result == 0)
            result = failed(failure, "write memory.max", write_file((int)folder, "memory.max", MEMORY_MAX));
    }
    if (result < 0) return result;
    return failed(failure, "attach device program", attach_device_program((int)folder));
}

int cgroups_create(struct cgroup_set *set, struct failure *failure)
{
    if (set->version == CGROUPS_V1) return create_v1(set, failure);
    if (set->version == CGROUPS_V2) return create_v2(set, failure);
    return 0;
}

// v1 only: on v2 the child was born in its cgroup.
int cgroups_attach(const struct cgroup_set *set, pid_t pid, struct failure *failure)
{
    char path[256], text[16];
    snprintf(text, sizeof text, "%d", pid);
    for (int i = 0; set->version == CGROUPS_V1 && i < V1_COUNT; i++) {
        snprintf(path, sizeof path, "%s/%s/%s/%s/cgroup.procs", V1_ROOT, V1_CONTROLLERS[i], PARENT, set->name);
        int result = failed(failure, "attach to cgroup", write_file(AT_FDCWD, path, text));
        if (result < 0) return result;
    }
    return 0;
}

// EBUSY is passing: the last process is reaped, but its exit may not have left the cgroup everywhere yet.
static long remove_folder(const char *path)
{
    long result = 0;
    for (int tries = 0; tries < 200; tries++) {
        result = KERNEL(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
        if (result != -EBUSY) break;
        nanosleep(&(struct timespec){0, 500000}, NULL);
    }
    return result == -ENOENT ? 0 : result;
}

int cgroups_remove(struct cgroup_set *set, struct failure *failure)
{
    char path[256];
    int result = 0;
    for (int i = 0; set->version == CGROUPS_V1 && i < V1_COUNT; i++) {
        folder_path(path, sizeof path, V1_CONTROLLERS[i], set->name);
        long removed = remove_folder(path);
        if (removed < 0) result = failed(failure, "remove cgroup folder", removed);
    }
    if (set->version == CGROUPS_V2) {
        snprintf(path, sizeof path, "%s/%s/%s", v2_root(), PARENT, set->name);
        result = failed(failure, "remove cgroup folder", remove_folder(path));
        if (set->v2_folder >= 0) KERNEL(SYS_close, set->v2_folder);
        set->v2_folder = -1;
    }
    return result;
}
