// Files, directories, and the question where they lead.
#include "probe.h"
#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

char *scratch_name(void);

ssize_t read_file(const char *path, char *buffer, size_t size) {
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return -1;
    ssize_t count = 0, total = 0;
    while ((size_t)total + 1 < size && (count = read(file, buffer + total, size - 1 - total)) > 0) total += count;
    int error = errno;
    close(file);
    buffer[total] = 0;
    if (total == 0 && count < 0) {
        errno = error;
        return -1;
    }
    return total;
}

static bool has_entries(const char *path) {
    DIR *directory = opendir(path);
    bool found = false;
    for (struct dirent *entry; directory && !found && (entry = readdir(directory));)
        found = strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    if (directory) closedir(directory);
    return found;
}

bool reveals(const char *path) {
    char some[17];  // some files give multiples of eight only
    struct stat status;
    if (stat(path, &status)) return false;
    if (S_ISDIR(status.st_mode)) return has_entries(path);
    return S_ISREG(status.st_mode) && read_file(path, some, sizeof some) > 0;
}

bool knob_accepts(const char *path) {
    static char value[4096];
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    ssize_t size = dry ? -1 : read_file(path, value, sizeof value);
    bool accepted = true;
    // A file that cannot be read back (sysrq-trigger) is never written: that it opened says enough.
    if (size > 0 && write(file, value, size) < 0) accepted = errno != EPERM && errno != EACCES && errno != EROFS;
    int error = errno;
    close(file);
    errno = error;
    return accepted;
}

bool same_place(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool leads_outside(int directory) {
    struct stat root, here, above;
    int at = dup(directory);
    if (at < 0 || stat("/", &root) || fstat(at, &here)) return false;
    for (int depth = 0; depth < 200 && !same_place(&here, &root); depth++) {
        int up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (up < 0 || fstat(up, &above)) break;
        close(at);
        at = up;
        if (same_place(&here, &above)) break;
        here = above;
    }
    close(at);
    return !same_place(&here, &root);
}

bool is_guest_program(int file) {
    char link[64], path[4096];
    struct stat found, given;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || fstat(file, &given)) return false;
    path[length] = 0;
    return stat(path, &found) == 0 && same_place(&found, &given);
}

const char *scratch(void) {
    static const char *const candidates[] = {"/tmp", "/dev/shm", "/run", "/var/tmp", "/root", "/mnt", ""};
    char *name = scratch_name();
    for (size_t i = 0; !name[0] && i < sizeof candidates / sizeof *candidates; i++) {
        snprintf(name, 64, "%s/probe.XXXXXX", candidates[i]);
        if (!mkdtemp(name)) name[0] = 0;
    }
    if (!name[0]) blocked("no place to write a file");
    return name;
}

const char *in_scratch(const char *name) {
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch(), name);
    return path;
}

void private_mounts(void) {
    if (unshare(CLONE_NEWNS) == 0) mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

bool status_field(const char *pid, const char *field, char *value, size_t size) {
    char path[280], text[8192], key[64];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    snprintf(key, sizeof key, "\n%s:", field);
    if (read_file(path, text, sizeof text) < 0) return false;
    char *found = strstr(text, key);
    if (!found) return false;
    found += strlen(key);
    found += strspn(found, " \t");
    snprintf(value, size, "%.*s", (int)strcspn(found, "\n"), found);
    return true;
}

void each_process(void (*visit)(const char *, void *), void *context) {
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (isdigit((unsigned char)entry->d_name[0])) visit(entry->d_name, context);
    if (directory) closedir(directory);
}
