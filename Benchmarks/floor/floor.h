// The floor: what one start of Bailey's jail costs in plain C. The parts and who runs them:
//
//   floor.c     options, the loop over many starts, the figures printed
//   launcher.c  outside the jail: clone, id maps, the shifted root, cgroups, reaping
//   jail.c      inside the jail: mounts, pivot_root, privileges down, exec
//   cgroups.c   one jail's cgroups, v1 or v2
//
// The two sides talk over one socket pair:
//
//   launcher                         jail
//      | clone3 ---------------------> |  loopback up, hostname, private mounts
//      | uid_map, gid_map              |
//      | -- ROOT + descriptor -------> |  takes ids, mounts, pivot_root, ...
//      | cgroups made, limits, attach  |  ... at the same time
//      | -- ATTACHED ----------------> |  cgroup namespace, capabilities, filter
//      | <------- end of file -------- |  exec (close-on-exec), or `struct failure` before it
#ifndef FLOOR_H
#define FLOOR_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { FIRST_ID = 0x40000000, ID_COUNT = 65536 };
enum message { MESSAGE_ROOT = 'r', MESSAGE_ATTACHED = 'a' };
enum cgroup_version { CGROUPS_NONE, CGROUPS_V1, CGROUPS_V2 };

struct options {
    const char *rootfs;
    const char *filter_path;
    const char *etc;          // folder with resolv.conf, hosts, hostname; null: these three are not bound
    const char *cgroup_name;  // a jail's folder is bailey/floor/NAME
    const char *bind_source;  // one extra writable bind, for the benchmarks inside the jail
    const char *bind_target;
    enum cgroup_version cgroups;
    bool network;
    bool stay_as_init;
    bool hold;
    bool writable;
    bool copy_memory;
    bool phases;
    long count, parallel, gap_ms;
    char **command;
};

// Moments of one start in nanoseconds of CLOCK_MONOTONIC; the jail's are written through shared memory.
enum phase {
    PHASE_BEGIN, PHASE_TIME_NAMESPACE, PHASE_CLONED, PHASE_ROOT_SENT, PHASE_CGROUPS_MADE, PHASE_ATTACHED,
    PHASE_JAIL_BORN, PHASE_JAIL_NETWORK, PHASE_JAIL_ROOT, PHASE_JAIL_MOUNTS, PHASE_JAIL_MASKS, PHASE_JAIL_PIVOT,
    PHASE_JAIL_WAITED, PHASE_JAIL_FILTER, PHASE_EXITED, PHASE_CLEANED, PHASE_COUNT,
};

struct failure {
    const char *stage; // points to a literal: both sides run the same image
    int error;
};

struct cgroup_set {
    enum cgroup_version version;
    char name[64];
    int v2_folder; // where CLONE_INTO_CGROUP puts the child, or -1
};

// One start, as both sides see it.
struct start {
    const struct options *options;
    struct sock_fprog filter;
    int jail_socket;
    uint64_t *moments; // PHASE_COUNT of them in shared memory, or null
};

void mark(const struct start *start, enum phase phase);

// cgroups.c: each answers 0 or -errno, and names what failed in `failure`.
int cgroups_create(struct cgroup_set *set, struct failure *failure);
int cgroups_attach(const struct cgroup_set *set, pid_t pid, struct failure *failure);
int cgroups_remove(struct cgroup_set *set, struct failure *failure);
void cgroups_forget_parents(enum cgroup_version version);

// launcher.c: runs one jail to its end; the command's exit status, or -1 with `failure` filled.
int launch(const struct start *start, const char *cgroup_name, struct failure *failure);
void launcher_interrupt(int signal);
bool launcher_interrupted(void);

// jail.c
void jail_main(void *start);

#endif
