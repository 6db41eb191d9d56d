// Keys the kernel holds for others. Key serial numbers are the same for all; only ownership and filter part them.
#include "probe.h"
#include <linux/keyctl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static long keyctl(int operation, long one, long two, long three) {
    return syscall(SYS_keyctl, operation, one, two, three, 0);
}

// Reads, describes and links a key of the host that the driver names by number. The filter must stop keyctl, and the
// key belong to an id that the jail has not.
static void foreign_key(const char *subject) {
    char text[256];
    long key = fact_number("key", 0);
    (void)subject;
    if (!key) unavailable("no key= given");
    if (keyctl(KEYCTL_READ, key, (long)text, sizeof text) >= 0) escaped("read the host's key %ld", key);
    refused("KEYCTL_READ");
    if (keyctl(KEYCTL_DESCRIBE, key, (long)text, sizeof text) >= 0) escaped("described the host's key %ld", key);
    refused("KEYCTL_DESCRIBE");
    if (keyctl(KEYCTL_LINK, key, KEY_SPEC_PROCESS_KEYRING, 0) >= 0) escaped("linked the host's key %ld", key);
    refused("KEYCTL_LINK");
}

// Compares its session keyring with the driver's. The launcher must have joined a new one.
static void session_keyring(const char *subject) {
    long ours, theirs = fact_number("session", 0);
    (void)subject;
    if (!theirs) unavailable("no session= given");
    if ((ours = keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0)) < 0) refused("KEYCTL_GET_KEYRING_ID");
    else if (ours == theirs) escaped("the session keyring %ld is the caller's", ours);
    else harmless("session keyring %ld is its own", ours);
}

// Searches its keyrings for the host's key by name.
static void search_key(const char *subject) {
    (void)subject;
    if (!fact("keyname")) unavailable("no keyname= given");
    long key = syscall(SYS_request_key, "user", fact("keyname"), NULL, KEY_SPEC_PROCESS_KEYRING);
    if (key >= 0) escaped("found the host's key %ld by its name", key);
    refused("request_key");
}

// Looks for the host's key in /proc/keys. A mask must cover it; else ownership hides it.
static void listed_key(const char *subject) {
    static char text[1 << 16];
    (void)subject;
    if (!fact("keyname")) unavailable("no keyname= given");
    if (read_file("/proc/keys", text, sizeof text) < 0) refused("read /proc/keys");
    else if (strstr(text, fact("keyname"))) escaped("the host's key is listed in /proc/keys");
    else harmless("the host's key is not in /proc/keys");
}

// Adds a key. Reaches nothing, but the kernel's keyring code has had many faults (CVE-2016-0728), and keys outlive the
// jail; only the filter stops it.
static void add_key(const char *subject) {
    (void)subject;
    if (syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING) >= 0) escaped("add_key works");
    refused("add_key");
}

const struct probe keyring_probes[] = {
    {.name = "foreign-key", .attempt = foreign_key},
    {.name = "session-keyring", .attempt = session_keyring},
    {.name = "search-key", .attempt = search_key},
    {.name = "listed-key", .attempt = listed_key},
    {.name = "add-key", .attempt = add_key},
    {0},
};
