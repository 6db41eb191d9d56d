"""One system call policy in the three forms the subjects take: an OCI profile, an lxc profile, and BPF.

The policy allows every call that libseccomp knows on x86-64 and i386, except those that reach the kernel as a whole or
other jails, and restricts four by argument. That is about what docker allows. x32 is refused, as in Debian's kernel.

The BPF is a binary tree over ranges of call numbers with shared verdicts: far shorter than libseccomp's program for
the same policy, so that loading it costs little. `prove_equal` holds it against libseccomp's own, call by call.
"""

import ctypes
import ctypes.util
import errno
import os
import struct

X86_64, I386 = 0xC000003E, 0x40000003
X32_BIT = 0x40000000
HIGHEST_NUMBER = 1023  # above it libseccomp names nothing on these two

ALLOW, KILL = 0x7FFF0000, 0x00000000
REFUSE = 0x00050000 | errno.EPERM
ABSENT = 0x00050000 | errno.ENOSYS

# What a jail has no business with: modules, mounts, namespaces, clocks, keys, tracing of the kernel, raw hardware.
REFUSED = set("""
    acct add_key afs_syscall bdflush bpf break clock_adjtime clock_adjtime64 clock_settime clock_settime64 create_module
    delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick ftime get_kernel_syms get_mempolicy getpmsg
    gtty idle init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load
    keyctl lock lookup_dcookie mbind migrate_pages mount mount_setattr move_mount move_pages mpx nfsservctl
    open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root prof profil putpmsg query_module quotactl
    quotactl_fd reboot request_key security set_mempolicy set_mempolicy_home_node setdomainname sethostname setns
    settimeofday stime stty swapoff swapon sysfs _sysctl syslog tuxcall ulimit umount umount2 unshare uselib userfaultfd
    ustat vhangup vm86 vm86old vserver
""".split())

NEW_NAMESPACES = 0x7E020000  # CLONE_NEW* bits of clone(2)
AF_VSOCK = 40
# name: what its first argument must be, one of the alternatives
RESTRICTED = {
    "clone": [("masked-equal", NEW_NAMESPACES, 0)],
    "personality": [("equal", value) for value in (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)],
    "socket": [("not-equal", AF_VSOCK)],
}
NOT_THERE = ["clone3"]  # its flags lie in memory, out of a filter's sight: callers fall back to clone

_OCI_OPERATOR = {"masked-equal": "SCMP_CMP_MASKED_EQ", "equal": "SCMP_CMP_EQ", "not-equal": "SCMP_CMP_NE"}


class _Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    return library


def known_calls(architecture):
    """Number → name of each call libseccomp knows on an architecture (seccomp_syscall_resolve_num_arch(3))."""
    library, libc = _library(), ctypes.CDLL(None)
    calls = {}
    for number in range(HIGHEST_NUMBER + 1):
        text = library.seccomp_syscall_resolve_num_arch(ctypes.c_uint32(architecture), number)
        if text:
            calls[number] = ctypes.string_at(text).decode()
            libc.free(ctypes.c_void_p(text))
    return calls


def allowed_names():
    """The calls allowed whatever their arguments, sorted."""
    names = set(known_calls(X86_64).values()) | set(known_calls(I386).values())
    return sorted(names - REFUSED - set(RESTRICTED) - set(NOT_THERE))


def oci_profile():
    """The policy as `linux.seccomp` of an OCI config.json."""
    calls = [{"names": allowed_names(), "action": "SCMP_ACT_ALLOW"},
             {"names": NOT_THERE, "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS}]
    for name, tests in RESTRICTED.items():
        for test in tests:
            argument = {"index": 0, "value": test[1], "op": _OCI_OPERATOR[test[0]]}
            if test[0] == "masked-equal":
                argument["valueTwo"] = test[2]
            calls.append({"names": [name], "action": "SCMP_ACT_ALLOW", "args": [argument]})
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": errno.EPERM,
            "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "syscalls": calls}


def lxc_profile():
    """The policy in lxc's version 2 text form. What is not named is refused with EPERM."""
    lines = ["2", f"allowlist errno {errno.EPERM}", "[all]"]
    lines += allowed_names()
    lines += [f"{name} errno {errno.ENOSYS}" for name in NOT_THERE]
    for name, tests in RESTRICTED.items():
        for test in tests:
            second = f",{test[2]}" if test[0] == "masked-equal" else ""
            lines.append(f"{name} allow [0,{test[1]},{_OCI_OPERATOR[test[0]]}{second}]")
    return "\n".join(lines) + "\n"


# BPF: struct sock_filter is {u16 code, u8 jump_true, u8 jump_false, u32 k}; struct seccomp_data has nr at 0, arch at 4,
# the first argument's low word at 16 and high word at 20.
LOAD, AND, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
NUMBER, ARCHITECTURE, ARGUMENT_LOW, ARGUMENT_HIGH = 0, 4, 16, 20


class _Program:
    """Instructions whose jumps go to labels; None is the next instruction."""

    def __init__(self):
        self.instructions, self.labels = [], {}

    def label(self, name):
        self.labels[name] = len(self.instructions)

    def add(self, code, k, if_true=None, if_false=None):
        self.instructions.append((code, k, if_true, if_false))

    def assemble(self):
        def offset(target, position):
            distance = 0 if target is None else self.labels[target] - position - 1
            if not 0 <= distance <= 255:
                raise ValueError(f"jump of {distance} instructions to {target}")
            return distance

        return b"".join(struct.pack("=HBBI", code, offset(yes, i), offset(no, i), k)
                        for i, (code, k, yes, no) in enumerate(self.instructions))


def _verdict_of(name):
    if name in NOT_THERE:
        return ABSENT
    if name in RESTRICTED:
        return name
    return REFUSE if name in REFUSED else ALLOW


def _ranges(architecture):
    """[(first number, verdict)]: neighbours differ; each range ends where the next begins."""
    calls = known_calls(architecture)
    ranges = []
    for number in range(HIGHEST_NUMBER + 2):
        verdict = _verdict_of(calls[number]) if number in calls else REFUSE
        if not ranges or ranges[-1][1] != verdict:
            ranges.append((number, verdict))
    if architecture == X86_64:  # x32 dies, but number -1, which a tracer may set, is refused only
        ranges += [(X32_BIT, KILL), (0xFFFFFFFF, REFUSE)]
    return ranges


def _add_tree(program, prefix, ranges):
    if len(ranges) < 2:
        raise ValueError("a tree needs two ranges")

    def target(part):
        return f"{prefix}:{part[0][1]}" if len(part) == 1 else f"{prefix}:from {part[0][0]}"

    def node(part):
        middle = len(part) // 2
        left, right = part[:middle], part[middle:]
        program.add(JUMP_AT_LEAST, right[0][0], target(right), None if len(left) > 1 else target(left))
        if len(left) > 1:
            node(left)
        if len(right) > 1:
            program.label(target(right))
            node(right)

    node(ranges)


def _add_leaves(program, prefix, ranges):
    verdicts = {verdict for _, verdict in ranges}
    yes, no = f"{prefix}:{ALLOW}", f"{prefix}:{REFUSE}"
    for name in sorted(v for v in verdicts if isinstance(v, str)):
        program.label(f"{prefix}:{name}")
        kind = RESTRICTED[name][0][0]
        if kind == "masked-equal":
            program.add(LOAD, ARGUMENT_LOW)
            program.add(AND, RESTRICTED[name][0][1])
            program.add(JUMP_EQUAL, RESTRICTED[name][0][2], yes, no)
            continue
        wide = no if kind == "equal" else yes
        program.add(LOAD, ARGUMENT_HIGH)
        program.add(JUMP_EQUAL, 0, None, wide)
        program.add(LOAD, ARGUMENT_LOW)
        for test in RESTRICTED[name][:-1]:
            program.add(JUMP_EQUAL, test[1], yes, None)
        last = RESTRICTED[name][-1][1]
        program.add(JUMP_EQUAL, last, *((yes, no) if kind == "equal" else (no, yes)))
    for verdict in sorted((v for v in verdicts | {ALLOW, REFUSE} if isinstance(v, int)), reverse=True):
        program.label(f"{prefix}:{verdict}")
        program.add(RETURN, verdict)


def compact_program():
    """The policy as BPF bytes for seccomp(2): what floor's --filter and bwrap's --seccomp take."""
    program = _Program()
    program.add(LOAD, ARCHITECTURE)
    program.add(JUMP_EQUAL, X86_64, None, "not x86-64")
    for prefix, architecture in (("x86-64", X86_64), ("i386", I386)):
        if architecture == I386:
            program.label("not x86-64")
            program.add(JUMP_EQUAL, I386, None, "foreign")
        program.add(LOAD, NUMBER)
        ranges = _ranges(architecture)
        _add_tree(program, prefix, ranges)
        _add_leaves(program, prefix, ranges)
        if architecture == X86_64:
            if len(program.instructions) > 255:
                raise ValueError("the x86-64 part outgrew one jump")
    program.label("foreign")
    program.add(RETURN, KILL)
    return program.assemble()


def reference_program():
    """The same policy as libseccomp compiles it (seccomp_export_bpf(3))."""
    library = _library()
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE)))
    library.seccomp_arch_add(context, ctypes.c_uint32(I386))

    def add(action, name, test=None):
        number = library.seccomp_syscall_resolve_name(name.encode())
        operators = {"not-equal": 1, "equal": 4, "masked-equal": 7}  # enum scmp_compare
        tests = (_Comparison * 1)()
        if test:
            tests[0] = _Comparison(0, operators[test[0]], test[1], test[2] if len(test) > 2 else 0)
        result = library.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, 1 if test else 0, tests)
        if result < 0:
            raise OSError(-result, f"seccomp_rule_add_array {name}: {os.strerror(-result)}")

    for name in allowed_names():
        add(ALLOW, name)
    for name in NOT_THERE:
        add(ABSENT, name)
    for name, tests in RESTRICTED.items():
        for test in tests:
            add(ALLOW, name, test)
    file = os.memfd_create("reference")
    try:
        if library.seccomp_export_bpf(context, file) < 0:
            raise OSError("seccomp_export_bpf failed")
        return os.pread(file, 1 << 20, 0)
    finally:
        os.close(file)
        library.seccomp_release(context)


def interpret(program, architecture, number, argument):
    """What a filter answers for one call: a classic BPF interpreter of the instructions used here and by libseccomp."""
    words = {NUMBER: number, ARCHITECTURE: architecture,
             ARGUMENT_LOW: argument & 0xFFFFFFFF, ARGUMENT_HIGH: argument >> 32}
    instructions = list(struct.iter_unpack("=HBBI", program)) if isinstance(program, bytes) else program
    position, accumulator = 0, 0
    while True:
        code, yes, no, k = instructions[position]
        position += 1
        if code == LOAD:
            accumulator = words.get(k, 0)
        elif code == AND:
            accumulator &= k
        elif code == RETURN:
            return k
        elif code == 0x05:  # jump always
            position += k
        elif code in (JUMP_EQUAL, JUMP_AT_LEAST, 0x25):  # 0x25: greater
            holds = {JUMP_EQUAL: accumulator == k, JUMP_AT_LEAST: accumulator >= k, 0x25: accumulator > k}[code]
            position += yes if holds else no
        else:
            raise ValueError(f"unknown BPF instruction {code:#x}")


def prove_equal(program, reference):
    """Compares both over every number and telling arguments: the calls compared, or raises at a difference."""
    ours = list(struct.iter_unpack("=HBBI", program))
    theirs = list(struct.iter_unpack("=HBBI", reference))
    numbers = list(range(HIGHEST_NUMBER + 2)) + [X32_BIT - 1, X32_BIT, X32_BIT + 59, 0xFFFFFFFE, 0xFFFFFFFF]
    arguments = [0, 1, 8, 9, 39, AF_VSOCK, 41, 0x20000, 0x20008, 0x10000000, 0x02000000, 0x7E020000, 0xFFFFFFFF,
                 1 << 32, AF_VSOCK | 1 << 32, 0xFFFFFFFF | 1 << 32]
    compared = 0
    for architecture in (X86_64, I386, 0xC00000B7):
        for number in numbers:
            for argument in arguments:
                if architecture == I386 and argument >> 32:
                    continue  # an i386 argument has no high word
                mine = interpret(ours, architecture, number, argument)
                other = interpret(theirs, architecture, number, argument)
                if mine != other:
                    raise ValueError(f"architecture {architecture:#x} call {number} argument {argument:#x}: "
                                     f"{mine:#x}, libseccomp says {other:#x}")
                compared += 1
    return compared


if __name__ == "__main__":
    compact, reference = compact_program(), reference_program()
    count = prove_equal(compact, reference)
    print(f"{len(compact) // 8} instructions, libseccomp {len(reference) // 8}; equal in {count} calls")
