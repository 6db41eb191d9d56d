// System calls as bare instructions, each answering -errno.
//
// The child of clone3(CLONE_VM) runs at the same time as its parent in the same memory, thread-local `errno` included.
// So nothing it calls may touch libc's state: it uses these calls only, and so does the launcher, for one way of
// reporting failures. Kernel numbers that Debian 12's libc headers lack stand here too.
#ifndef FLOOR_KERNEL_H
#define FLOOR_KERNEL_H

#include <linux/sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#ifndef PIDFD_GET_USER_NAMESPACE // linux/pidfd.h since 6.11
#define PIDFD_GET_USER_NAMESPACE 0xFF09
#endif

#if defined(__x86_64__)
static inline long kernel6(long call, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(call), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

// clone3(2) whose child calls `entry(argument)` instead of returning: with a stack of its own there is no frame to
// return to. `entry` must not return.
static inline long kernel_clone3(struct clone_args *args, void (*entry)(void *), void *argument)
{
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "and $-16, %%rsp\n\t"
                     "mov %[argument], %%rdi\n\t"
                     "call *%[entry]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "a"(SYS_clone3), "D"(args), "S"(sizeof *args), [entry] "r"(entry), [argument] "r"(argument)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long kernel6(long call, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = call;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static inline long kernel_clone3(struct clone_args *args, void (*entry)(void *), void *argument)
{
    register long x8 __asm__("x8") = SYS_clone3;
    register long x0 __asm__("x0") = (long)args;
    register long x1 __asm__("x1") = sizeof *args;
    register void *x19 __asm__("x19") = argument;
    register void (*x20)(void *) __asm__("x20") = entry;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, #0\n\t"
                     "mov x0, x19\n\t"
                     "blr x20\n\t"
                     "brk #0\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x19), "r"(x20)
                     : "memory", "cc");
    return x0;
}
#else
#error "the floor knows the system call instruction of x86-64 and arm64 only"
#endif

#define KERNEL_PICK(_0, _1, _2, _3, _4, _5, _6, name, ...) name
#define KERNEL(...) KERNEL_PICK(__VA_ARGS__, K6, K5, K4, K3, K2, K1, K0)(__VA_ARGS__)
#define K0(n) kernel6(n, 0, 0, 0, 0, 0, 0)
#define K1(n, a) kernel6(n, (long)(a), 0, 0, 0, 0, 0)
#define K2(n, a, b) kernel6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define K3(n, a, b, c) kernel6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define K4(n, a, b, c, d) kernel6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define K5(n, a, b, c, d, e) kernel6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define K6(n, a, b, c, d, e, f) kernel6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#endif
