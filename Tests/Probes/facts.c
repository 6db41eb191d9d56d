// What the driver knows about the host and tells the probe, so that an attempt has something real to reach for.
#include "probe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FACTS = 64 };

bool dry;
static const char *facts[MOST_FACTS];
static size_t fact_count;

bool take_fact(const char *argument) {
    if (!strchr(argument, '=') || fact_count == MOST_FACTS) return false;
    facts[fact_count++] = argument;
    return true;
}

const char *fact(const char *key) {
    size_t length = strlen(key);
    for (size_t i = 0; i < fact_count; i++)
        if (!strncmp(facts[i], key, length) && facts[i][length] == '=') return facts[i] + length + 1;
    return NULL;
}

unsigned long long fact_number(const char *key, unsigned long long otherwise) {
    const char *text = fact(key);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

// The kernel gives its first namespaces fixed numbers (include/uapi/linux/nsfs.h); net and mnt got theirs late, so for
// those only the driver can tell.
static unsigned long long initial_namespace(const char *kind) {
    static const struct { const char *kind; unsigned long long inode; } known[] = {
        {"ipc", 0xEFFFFFFF}, {"uts", 0xEFFFFFFE}, {"user", 0xEFFFFFFD}, {"pid", 0xEFFFFFFC},
        {"cgroup", 0xEFFFFFFB}, {"time", 0xEFFFFFFA}, {"net", 0xEFFFFFF9}, {"mnt", 0xEFFFFFF8},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].kind, kind)) return known[i].inode;
    return 0;
}

bool shares_host_namespace(const char *kind) {
    char path[64];
    struct stat own;
    snprintf(path, sizeof path, "/proc/self/ns/%s", kind);
    if (stat(path, &own)) return false;
    return own.st_ino == fact_number(kind, initial_namespace(kind));
}
