#pragma once
#include <stddef.h>

#pragma clang assume_nonnull begin

// execve with the environment of this process, which Swift can only copy.
long clinux_execve_keeping_environment(const char *path, char *_Nullable const *_Nonnull argv);

// Overwrites this process' command line and environment, as /proc/PID/cmdline and environ show them, with `name`.
// Swift has no address of either. Everything that still points there (getenv) finds nothing afterwards.
void clinux_forget_arguments(const char *name);

#pragma clang assume_nonnull end
