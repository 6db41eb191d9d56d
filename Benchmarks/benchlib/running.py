"""Runs prepared command lines: timed, through the C driver; or just started, to be looked at from outside."""

import os
import signal
import subprocess
import time
from pathlib import Path

from .confinement import PATH
from .workspace import descendants, need_program

SEPARATOR = "\x1f"


def environment():
    """What every subject is started with: nothing of the caller's but where Bailey keeps its things."""
    kept = {name: os.environ[name] for name in ("BAILEY_ROOT", "BAILEY_INIT") if name in os.environ}
    return {"PATH": PATH, "HOME": "/root", **kept}


class Driver:
    """The C program that starts and times commands. One per set of hidden mounts: see driver.c."""

    def __init__(self, workspace, prepared, hides=None):
        number = len(list(workspace.folder.glob("commands*")))
        commands = workspace.folder / f"commands{number}"
        self._errors = workspace.folder / f"errors{number}"
        commands.write_text("".join(_line(each) for each in prepared))
        argv = [need_program("driver"), commands, self._errors] + ([hides] if hides else [])
        # A process group of its own: Ctrl-C reaches this script only, which then ends the driver in order.
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                         env=environment(), process_group=0)
        workspace.on_exit(self.close)

    def run(self, index, gap_ms=0):
        """(nanoseconds, exit status as a shell shows it) of one run from spawn to reaped."""
        took, status = self._ask(f"run {index} {round(gap_ms * 1000)}")
        return took, status >> 8 if status & 0x7F == 0 else 128 + (status & 0x7F)

    def parallel(self, first, count, starts):
        """(nanoseconds, failures) of `starts` runs, `count` at once."""
        return self._ask(f"parallel {first} {count} {starts}")

    def last_error(self):
        """The last line any command wrote to standard error."""
        lines = self._errors.read_text(errors="replace").strip().splitlines() if self._errors.exists() else []
        return lines[-1] if lines else "no message"

    def forget_errors(self):
        if self._errors.exists():
            os.truncate(self._errors, 0)

    def close(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait()

    def _ask(self, request):
        self._process.stdin.write(request + "\n")
        answer = self._process.stdout.readline().split()
        if len(answer) < 2:
            raise RuntimeError(f"the driver died at: {request}")
        self.spent = tuple(int(number) for number in answer[2:])  # of a run: CPU time in us, peak memory in KiB
        return int(answer[0]), int(answer[1])


def _line(prepared):
    fields = [f"<{number}={path}" for number, path in prepared.opens] + prepared.argv
    if any(SEPARATOR in each or "\n" in each for each in fields):
        raise ValueError("a command line with control characters")
    return SEPARATOR.join(fields) + "\n"


def spawn(subject, prepared, output, errors):
    """Starts a command without timing it; its output and errors go to the given files. Returns the process id."""
    argv = prepared.argv
    if subject.hides:
        argv = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", 'umount -l "$0" && exec "$@"', subject.hides, *argv]
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
               (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
               (os.POSIX_SPAWN_OPEN, 2, str(errors), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)]
    actions += [(os.POSIX_SPAWN_OPEN, number, str(path), os.O_RDONLY, 0) for number, path in prepared.opens]
    return os.posix_spawn(argv[0], argv, environment(), file_actions=actions, setpgroup=0,
                          setsigmask=[], setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


def run(subject, prepared, output, errors, timeout=60):
    """Runs a command to its end; (exit status, output)."""
    pid = spawn(subject, prepared, output, errors)
    deadline = time.monotonic() + timeout
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), Path(output).read_text()
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGTERM)
            deadline = float("inf")
        time.sleep(0.002)


def wait_for_guest(command, count=1, timeout=10):
    """The guests: our descendants that run exactly `command`; fewer than `count` of them after the timeout."""
    wanted = "\0".join(command).encode() + b"\0"
    deadline = time.monotonic() + timeout
    while True:
        guests = [pid for pid in descendants(os.getpid()) if _command_of(pid) == wanted]
        if len(guests) >= count or time.monotonic() > deadline:
            return guests
        time.sleep(0.01)


def _command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
