// The other ways into the kernel on x86-64: a filter that knows only the native numbers lets these through.
#include "probe.h"
#include <stdio.h>
#include <sys/syscall.h>

enum { X32_BIT = 0x40000000 };

// Calls with arguments that do nothing: each answers with an error about its arguments where it is let through.
static const struct call { const char *name; long native, i386; long one, two, three; } calls[] = {
    {"io_uring_setup", SYS_io_uring_setup, 425, 0, 0, 0},
    {"keyctl", SYS_keyctl, 288, 0, -3, 0},  // the id of the session keyring
    {"unshare", SYS_unshare, 310, 0, 0, 0},
    {"userfaultfd", SYS_userfaultfd, 374, -1, 0, 0},
    {"perf_event_open", SYS_perf_event_open, 336, 0, 0, 0},
    {"add_key", SYS_add_key, 286, 0, 0, 0},
};
enum { CALLS = sizeof calls / sizeof *calls };

static bool is_denial(long result) { return result == -EPERM || result == -ENOSYS || result == -EACCES; }

static long call_native(const struct call *call, long flag) {
    long result = syscall(call->native | flag, call->one, call->two, call->three, 0, 0);
    return result < 0 ? -errno : result;
}

static long call_i386(const struct call *call) {
    long result = call->i386;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(call->one), "c"(call->two), "d"(call->three), "S"(0L), "D"(0L)
                     : "memory", "r8", "r9", "r10", "r11", "cc");
    return (int)result;
}

static void compare(const char *subject) {
    bool x32 = subject[0] == 'x', denied = false;
    for (int i = 0; i < CALLS; i++) {
        if (!is_denial(call_native(&calls[i], 0))) continue;
        denied = true;
        long other = x32 ? call_native(&calls[i], X32_BIT) : call_i386(&calls[i]);
        if (!is_denial(other)) escaped("%s is denied, but let through as %s", calls[i].name, subject);
        errno = -other;
        refused("%s as %s", calls[i].name, subject);
    }
    if (!denied) absent("no filter denies anything");
}

// Makes calls that the filter denies by another convention: the 32-bit gate, or x32 numbers. The filter must judge each
// architecture by its own numbers, and deny what it does not know.
static void other_convention(const char *subject) { apart(compare, subject); }

const struct probe abi_probes[] = {
    {.name = "abi-i386", .attempt = other_convention, .subject = "i386"},
    {.name = "abi-x32", .attempt = other_convention, .subject = "x32"},
    {0},
};
