// The caller's terminal: what is pushed into its input runs outside, as the caller (CVE-2017-5226, CVE-2023-1523).
#include "probe.h"
#include <linux/tiocl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

// A terminal on the jail's own devpts belongs to the jail: its other end is nobody's shell.
static bool is_jails_own(int terminal) {
    struct stat status, own;
    return fstat(terminal, &status) == 0 && stat("/dev/pts", &own) == 0 && status.st_dev == own.st_dev
        && !shares_host_namespace("mnt") && !fact("terminal");
}

static void push_byte(int terminal, const char *name) {
    char byte = 'x', subcode = TIOCL_GETSHIFTSTATE;
    if (!isatty(terminal)) return;
    if (is_jails_own(terminal)) {
        harmless("%s is the jail's own terminal", name);
        return;
    }
    if (ioctl(terminal, TIOCSTI, &byte) == 0) escaped("pushed a byte into the input of %s", name);
    refused("TIOCSTI on %s", name);
    // Only asks for the shift keys; the same right lets one paste a selection into the console.
    if (ioctl(terminal, TIOCLINUX, &subcode) == 0) escaped("%s is a console that takes TIOCLINUX", name);
    refused("TIOCLINUX on %s", name);
}

// Pushes a byte into every terminal within reach. The filter must deny the two requests, or the jail must have no
// terminal of the caller's as its controlling one (own session, own pty).
static void terminal_input(const char *subject) {
    static const char *const paths[] = {"/dev/tty", "/dev/console", "/dev/tty0", "/dev/tty1"};
    (void)subject;
    // On the host, only where the driver has made a terminal for it: never into that of a person.
    if (dry && !fact("terminal")) unavailable("no terminal made for this");
    static const char *const standard[] = {"stdin", "stdout", "stderr"};
    for (int number = 0; number < 3; number++) push_byte(number, standard[number]);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int terminal = open(paths[i], O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (terminal < 0) refused("open %s", paths[i]);
        else push_byte(terminal, paths[i]);
    }
}

const struct probe terminal_probes[] = {
    {.name = "tty", .attempt = terminal_input},
    {0},
};
