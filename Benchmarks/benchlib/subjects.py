"""The ways to run a command that the benchmarks compare, each asked for the confinement of confinement.py.

A subject turns a `Request` into a `Prepared` command line. It says what it cannot do in `differs`; whether that is so
is read from the kernel by inspection.py. A subject that does not run here says why and stays a row of the table.
"""

import contextlib
import os
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from . import confinement, policy
from .workspace import need_program


@dataclass
class Request:
    """One run: the command, a number unique among runs at the same time, a writable bind (source, target) if any."""
    command: list
    slot: int = 0
    bind: tuple = None
    detached: bool = False  # leave the jail running and return, where the subject can


@dataclass
class Prepared:
    argv: list
    opens: list = field(default_factory=list)  # (descriptor, path) to have open


class Unable(Exception):
    """The subject cannot do what was asked; the text says why."""


class Subject:
    name = ""
    differs = ""  # what of the confinement it does not give
    hides = None  # a mount point that must not be there while it runs

    def __init__(self, workspace):
        self.workspace = workspace

    def missing(self):
        """Why it cannot even be tried, or None."""
        return None

    def prepare(self, request):
        raise NotImplementedError

    def remove(self, slot):
        """Ends and forgets what run `slot` may have left."""

    def label(self, slot):
        return f"{self.workspace.tag}-{self.name}-{slot}".replace(" ", "").replace("--", "-")

    def filter_file(self):
        path = self.workspace.folder / "compact.bpf"
        if not path.exists():
            path.write_bytes(policy.compact_program())
        return path


class Native(Subject):
    name = "native"
    differs = "no confinement at all"

    def prepare(self, request):
        """A command of the rootfs, run from outside; the bind's target becomes its source."""
        command = [str(self.workspace.rootfs) + request.command[0], *request.command[1:]]
        if request.bind:
            command = [str(request.bind[0]) if part == request.bind[1] else part for part in command]
        return Prepared(command)


class Floor(Subject):
    name = "floor"
    options = []

    def prepare(self, request):
        w = self.workspace
        argv = [str(need_program("floor")), "--rootfs", str(w.rootfs), "--etc", str(w.etc),
                "--filter", str(self.filter_file()), "--cgroup-name", self.label(request.slot), *self.options]
        if request.bind:
            argv += ["--bind", f"{request.bind[0]}:{request.bind[1]}"]
        return Prepared([*argv, "--", *request.command])


class FloorInit(Floor):
    name = "floor --init"
    options = ["--init"]


class Bailey(Subject):
    """The release build's program, named by BAILEY. BAILEY_RUN_FLAGS replaces the flags that ask for the limits."""
    name = "bailey run"

    def missing(self):
        program = os.environ.get("BAILEY")
        if not program:
            return "BAILEY is not set: name the release build's bailey program"
        return None if os.access(program, os.X_OK) else f"BAILEY={program}: not an executable file"

    def root(self):
        return ["--rootfs", str(self.workspace.rootfs)]

    def prepare(self, request):
        limits = f"--memory {confinement.MEMORY_MAX // 2**20}MiB --pids {confinement.PIDS_MAX}"
        argv = [os.environ["BAILEY"], "run", "--rm", "--name", self.label(request.slot), *self.root(), "--read-only",
                *shlex.split(os.environ.get("BAILEY_RUN_FLAGS", limits))]
        if request.detached:
            argv.append("-d")
        if request.bind:
            argv += ["-v", f"{request.bind[0]}:{request.bind[1]}"]
        return Prepared([*argv, "--", *request.command])

    def remove(self, slot):
        subprocess.run([os.environ["BAILEY"], "rm", "--force", self.label(slot)], capture_output=True)


class BaileyTemplate(Bailey):
    """The same from a built template, so with an overlay as root. BAILEY_TEMPLATE names it; default busybox."""
    name = "bailey run --template"
    differs = "overlay as root instead of a bind"

    def root(self):
        return ["--template", os.environ.get("BAILEY_TEMPLATE", "busybox")]


class BaileyInit(Bailey):
    """bailey-init given a plan that was made before: what carrying out costs without deciding.

    The plan is read from the record of one start of the `bailey run` subject; start/replay.c hands it over again.
    """
    name = "bailey-init"

    def prepare(self, request):
        if request.detached:
            raise Unable("a replayed plan runs in the foreground")
        line = super().prepare(request).argv
        record = self._records() / self.label(request.slot)
        plan = self.workspace.folder / f"plan-{request.slot}"
        plan.write_bytes(self._plan_of(line, record))
        return Prepared([str(need_program("replay")), str(self._init()), str(plan), str(record)])

    @staticmethod
    def _plan_of(line, record):
        """Starts the jail once and keeps its record open, which outlives the record's name."""
        for _ in range(20):
            with subprocess.Popen(line, stdout=subprocess.DEVNULL) as start:
                kept = None
                while kept is None and start.poll() is None:
                    with contextlib.suppress(FileNotFoundError):
                        kept = record.open("rb")
                start.wait()
            if kept is not None:
                with kept:
                    content = kept.read()
                if content[:8] == b"BAILEYRC":
                    return content[40:40 + int.from_bytes(content[8:16], "little")]
        raise Unable("no record of a start could be read")

    @staticmethod
    def _records():
        if "BAILEY_ROOT" in os.environ:
            return Path(os.environ["BAILEY_ROOT"]) / "run/jails"
        return next((path for path in map(Path, ("/run/bailey/jails", "/dev/shm/bailey/jails")) if path.exists()),
                    Path("/run/bailey/jails"))

    @staticmethod
    def _init():
        here = Path(os.environ["BAILEY"]).resolve().parent
        installed = here.parent / "libexec/bailey/bailey-init"
        return installed if installed.exists() else here / "bailey-init"

