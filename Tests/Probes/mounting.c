// Mounts by the old calls and the new ones, and the judgement on what they give.
#include "probe.h"
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

// Tried after mount(2), because a filter may know the one and have forgotten the other.
static int mount_by_descriptor(const char *type, const char *source, const char *where) {
    int context = fsopen(type, FSOPEN_CLOEXEC), made;
    if (context < 0) return -1;
    if (source) fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0);
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return -1;
    if ((made = fsmount(context, FSMOUNT_CLOEXEC, 0)) < 0) return -1;
    return move_mount(made, "", AT_FDCWD, where, MOVE_MOUNT_F_EMPTY_PATH);
}

bool mount_fresh(const char *type, const char *source, const char *where) {
    const char *options = NULL;
    mkdir(where, 0700);
    if (mount(source ? source : type, where, type, 0, options) == 0) return true;
    refused("mount %s", type);
    if (mount_by_descriptor(type, source, where) == 0) return true;
    refused("fsopen %s", type);
    return false;
}

bool mount_clone(const char *what, const char *where) {
    mkdir(where, 0700);
    if (mount(what, where, NULL, MS_BIND, NULL) == 0) return true;
    refused("bind %s", what);
    int tree = open_tree(AT_FDCWD, what, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) refused("open_tree %s", what);
    else if (move_mount(tree, "", AT_FDCWD, where, MOVE_MOUNT_F_EMPTY_PATH)) refused("move_mount %s", what);
    else return true;
    return false;
}

static const char *below(const char *where, const char *name) {
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", where, name);
    return path;
}

void judge_proc(const char *where) {
    static const char *const knobs[] = {
        "sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/vm/overcommit_memory", "sysrq-trigger",
        "irq/default_smp_affinity",
    };
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
        if (knob_accepts(below(where, knobs[i]))) escaped("%s/%s can be written", where, knobs[i]);
    if (reveals(below(where, "kcore"))) escaped("%s/kcore can be read", where);
    if (!access(below(where, "2/status"), F_OK) && shares_host_namespace("pid")) escaped("%s shows the host", where);
    harmless("%s gives nothing new", where);
}

void judge_sys(const char *where) {
    static const char *const knobs[] = {
        "kernel/uevent_helper", "kernel/rcu_expedited", "kernel/profiling", "kernel/mm/ksm/run",
        "kernel/mm/transparent_hugepage/enabled", "power/state", "module/kernel/parameters/panic",
    };
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++)
        if (knob_accepts(below(where, knobs[i]))) escaped("%s/%s can be written", where, knobs[i]);
    harmless("%s gives nothing new", where);
}
