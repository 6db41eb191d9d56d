// The escape probe: tries known ways out of a jail from inside, one at a time, and says what came of it.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define TEXT_SIZE 16384

// One way out. `attempt` runs in a child of its own and gives a verdict, or notes what refused it and returns.
struct probe {
    const char *name;
    void (*attempt)(const char *subject);
    const char *subject;  // what to try it on, where one function serves several probes
    bool explicit_only;   // never part of `all`: it ends the guest
};

// A tool for the driver of the tests: load, races, and the host's side. Not a probe, gives no verdict.
struct tool {
    const char *name;
    const char *usage;
    int (*run)(int argc, char **argv);
};

extern const struct probe process_probes[], init_probes[], device_probes[], terminal_probes[], mount_probes[],
    cgroup_probes[], nested_probes[], kernel_probes[], leak_probes[], descriptor_probes[], handle_probes[],
    privilege_probes[], keyring_probes[], abi_probes[], limit_probes[], network_probes[];
extern const struct tool limit_tools[], host_tools[], race_tools[], weak_tools[];

// ---- verdict.c: what an attempt came to. The first three end the process that calls them. ----

_Noreturn void blocked(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void escaped(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void unavailable(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Notes that a call failed, with errno as it stands.
void refused(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Notes that a call worked but reached nothing outside.
void harmless(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Notes that there was nothing here to try.
void absent(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Runs `body` in a child, so that it may change its namespaces, credentials or root. Notes carry over; a verdict ends
// this process too; death by a filter's signal counts as a refusal.
void apart(void (*body)(const char *), const char *subject);
// Runs one probe under the timeout and prints its one line after `prefix`. Returns the exit status.
int run_probe(const struct probe *probe, const char *prefix);

// ---- facts.c: what the driver says about the host, as KEY=VALUE arguments. ----

// True where the probe runs outside on purpose: nothing harmful is done, and what is missing the kernel lacks.
extern bool dry;
bool take_fact(const char *argument);
const char *fact(const char *key);                     // NULL when not given
unsigned long long fact_number(const char *key, unsigned long long otherwise);
bool shares_host_namespace(const char *kind);          // "net", "pid", …

// ---- places.c: files, directories and where they lead. ----

ssize_t read_file(const char *path, char *buffer, size_t size);  // always terminated; -1 with errno
bool reveals(const char *path);                        // a file with a byte in it, or a directory with an entry
bool knob_accepts(const char *path);                   // a kernel file can be written (its own value is written back)
bool same_place(const struct stat *a, const struct stat *b);
bool leads_outside(int directory);                     // following `..` from there ends elsewhere than at "/"
bool is_guest_program(int file);                       // an executable that is found in the jail's own root
const char *scratch(void);                             // a fresh directory, removed after the probe
const char *in_scratch(const char *name);              // a path below it (static buffers, eight at a time)
void private_mounts(void);                             // an own mount namespace, if it may be had
bool status_field(const char *pid, const char *field, char *value, size_t size);  // a line of /proc/PID/status
void each_process(void (*visit)(const char *pid, void *context), void *context);

// Escaped, if the proc or sysfs instance mounted at `where` gives more than the jail's own would.
void judge_proc(const char *where);
void judge_sys(const char *where);

// ---- mounting.c: mounts made by the old calls and the new ones. ----

bool mount_fresh(const char *type, const char *source, const char *where);    // notes what refused it
bool mount_clone(const char *what, const char *where);  // that one mount without those on top of it; notes refusals
