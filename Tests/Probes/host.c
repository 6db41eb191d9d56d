// The host's side: something for the probes to reach for, and a terminal for them to push into.
#include "probe.h"
#include <arpa/inet.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>

enum { GET_MOUNT_NAMESPACE_ID = 0x8008b705 };  // NS_GET_MNTNS_ID, _IOR(0xb7, 5, u64)

static void print_handle(const char *key, int at, const char *path, int flags) {
    union { struct file_handle head; char room[sizeof(struct file_handle) + 128]; } handle = {0};
    int mount;
    handle.head.handle_bytes = 128;
    if (name_to_handle_at(at, path, &handle.head, &mount, flags)) return;
    printf("%s%d:", key, handle.head.handle_type);
    for (unsigned i = 0; i < handle.head.handle_bytes; i++) printf("%02x", handle.head.f_handle[i]);
    printf(" ");
}

static void print_namespaces(void) {
    static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"};
    struct stat status;
    char path[64];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
        if (stat(path, &status) == 0) printf("%s=%lu ", kinds[i], (unsigned long)status.st_ino);
    }
}

static void print_handles(const char *canary) {
    uint64_t mounts = 0;
    int namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    int process = syscall(SYS_pidfd_open, getpid(), 0);
    print_handle("handle=", AT_FDCWD, canary, 0);
    print_handle("pidhandle=", process, "", AT_EMPTY_PATH);
    print_handle("nshandle=", namespace, "", AT_EMPTY_PATH);
    if (ioctl(namespace, GET_MOUNT_NAMESPACE_ID, &mounts) == 0) printf("mntid=%llu ", (unsigned long long)mounts);
}

static void offer_sockets(void) {
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof loopback;
    int length = snprintf(local.sun_path + 1, sizeof local.sun_path - 1, "bailey-probe-%d", getpid());
    int named = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), open = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(named, (void *)&local, offsetof(struct sockaddr_un, sun_path) + 1 + length) == 0 && listen(named, 8) == 0)
        printf("socket=%s ", local.sun_path + 1);
    if (bind(open, (void *)&loopback, size) == 0 && listen(open, 8) == 0
        && getsockname(open, (void *)&loopback, &size) == 0)
        printf("port=%d ", ntohs(loopback.sin_port));
}

// Readable to any process of the same id that knows the number; gone from the session after ten minutes at the latest.
static long offer_key(void) {
    char name[64];
    snprintf(name, sizeof name, "bailey-probe-key-%d", getpid());
    long session = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
    long key = syscall(SYS_add_key, "user", name, "secret", 6, KEY_SPEC_PROCESS_KEYRING);
    if (key < 0) return key;
    syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f0000, 0, 0);
    syscall(SYS_keyctl, KEYCTL_SET_TIMEOUT, key, 600, 0, 0);
    syscall(SYS_keyctl, KEYCTL_LINK, key, KEY_SPEC_USER_SESSION_KEYRING, 0, 0);
    printf("key=%ld keyname=%s session=%ld ", key, name, session);
    return key;
}

static void print_disk(void) {
    static char text[TEXT_SIZE];
    struct stat root;
    unsigned major, minor;
    if (stat("/", &root) == 0 && major(root.st_dev)) printf("disk=%u:%u ", major(root.st_dev), minor(root.st_dev));
    else if (read_file("/proc/partitions", text, sizeof text) > 0 && strchr(text, '\n')
             && sscanf(strchr(text, '\n') + 2, "%u %u", &major, &minor) == 2)
        printf("disk=%u:%u ", major, minor);
}

// host CANARY SECRET MARKER: prints one line of facts for the probes, and holds what they name until its input ends.
// The marker is read by nobody here: it stands on the command line, where a probe must not find it.
static int hold_host(int argc, char **argv) {
    char byte;
    if (argc < 3) return 3;
    int key = 0x0ba11e00 ^ getpid(), memory = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0666);
    printf("pid=%d canary=%s secret=%s marker=%s ", getpid(), argv[0], argv[1], argv[2]);
    print_namespaces();
    print_handles(argv[0]);
    offer_sockets();
    long key_given = offer_key();
    print_disk();
    if (memory >= 0) printf("shm=%#x ", key);
    printf("\n");
    fflush(stdout);
    while (read(0, &byte, 1) > 0) {}
    shmctl(memory, IPC_RMID, NULL);
    syscall(SYS_keyctl, KEYCTL_UNLINK, key_given, KEY_SPEC_USER_SESSION_KEYRING, 0, 0);
    return 0;
}

// insession COMMAND…: runs it in a new session keyring that holds a key, and adds the facts about both to its
// arguments, so that a jail that keeps its caller's keyring is found out.
static int run_in_session(int argc, char **argv) {
    char *command[128], session[64];
    if (argc < 1 || argc > 120) return 3;
    long keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL, 0, 0, 0);
    long key = syscall(SYS_add_key, "user", "bailey-probe-session", "secret", 6, KEY_SPEC_SESSION_KEYRING);
    if (keyring < 0 || key < 0) return 3;
    snprintf(session, sizeof session, "session=%ld", keyring);
    memcpy(command, argv, argc * sizeof *command);
    command[argc] = session;
    command[argc + 1] = "keyname=bailey-probe-session";
    command[argc + 2] = NULL;
    execvp(command[0], command);
    return 127;
}

// euid: exits 71 when it runs as root, else 70. Run as a set-user-id program by the probe of that name.
static int tell_euid(int argc, char **argv) {
    (void)argc;
    (void)argv;
    return geteuid() == 0 ? 71 : 70;
}

static _Noreturn void run_on(const char *terminal, char **command) {
    setsid();
    int slave = open(terminal, O_RDWR);
    ioctl(slave, TIOCSCTTY, 0);
    for (int number = 0; number < 3; number++) dup2(slave, number);
    if (slave > 2) close(slave);
    execvp(command[0], command);
    _exit(127);
}

static void relay(int master) {
    char text[4096];
    ssize_t size;
    while ((size = read(master, text, sizeof text)) > 0)
        if (write(1, text, size) < 0) break;
}

// terminal COMMAND…: runs it on a terminal of its own, passes its output on, then looks what stands in the terminal's
// input: bytes that COMMAND pushed there, and that a shell would take for the user's. Exits 1 if there are any.
static int give_terminal(int argc, char **argv) {
    struct termios raw;
    int status = 0, waiting = 0, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (argc < 1 || master < 0 || grantpt(master) || unlockpt(master)) return 3;
    const char *name = ptsname(master);
    int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    pid_t reader = fork();
    if (reader == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(slave);
        relay(master);
        _exit(0);
    }
    pid_t child = fork();
    if (child == 0) run_on(name, argv);
    waitpid(child, &status, 0);
    tcdrain(slave);
    if (ioctl(slave, FIONREAD, &waiting)) waiting = -1;
    close(slave);
    waitpid(reader, NULL, 0);
    printf("terminal: %d bytes pushed into the input\n", waiting);
    return waiting ? 1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

const struct tool host_tools[] = {
    {"host", "CANARY SECRET MARKER", hold_host},
    {"insession", "COMMAND [ARGUMENT ...]", run_in_session},
    {"euid", "", tell_euid},
    {"terminal", "COMMAND [ARGUMENT ...]", give_terminal},
    {0},
};
