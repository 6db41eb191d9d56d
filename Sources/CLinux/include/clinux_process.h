#pragma once
#include <stddef.h>

#pragma clang assume_nonnull begin

// execve with the environment of this process, which Swift can only copy.
long clinux_execve_keeping_environment(const char *path, char *_Nullable const *_Nonnull argv);

// Overwrites this process' command line and environment, as /proc/PID/cmdline and environ show them, with `name`.
// Swift has no address of either. Everything that still points there (getenv) finds nothing afterwards.
void clinux_forget_arguments(const char *name);

// Calls `body` in a child that shares this process' memory, on a stack of its own; this process sleeps until the child has
// executed a program or ended. Returns the child's pid. `body` must not return.
long clinux_call_in_child(void (*body)(void *argument), void *argument);

#pragma clang assume_nonnull end
