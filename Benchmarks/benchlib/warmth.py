"""Keeps the kernel's cgroup lock warm, so that a start is measured as one of many in a row.

The first move of a process between cgroups after some 40 ms of quiet waits 9 to 13 ms for an RCU grace period (the
writer side of cgroup_threadgroup_rwsem). In an interleaved run it would depend on the subject before, whether one pays
that: chance, and more than the start itself. So a process of our own is moved right before each measured start, which
is the state a host is in that starts jail after jail. `--gap-ms` measures the other state and does without.
"""

import itertools
import os
import subprocess
from pathlib import Path


class Warmth:
    """Two cgroups of our own and a sleeper to move between them; in the freezer hierarchy on v1, else in v2."""

    def __init__(self, workspace):
        root = Path("/sys/fs/cgroup/freezer")
        root = (root if root.is_dir() else Path("/sys/fs/cgroup")) / "bailey" / workspace.tag
        self._folders = [root / "warm-a", root / "warm-b"]
        for folder in self._folders:
            folder.mkdir(parents=True)
        self._sleeper = subprocess.Popen(["sleep", "infinity"], process_group=0)
        self._next = itertools.cycle(folder / "cgroup.procs" for folder in self._folders)
        workspace.on_exit(self.close)

    def renew(self):
        """Waits out a grace period if there is one to wait for."""
        next(self._next).write_text(str(self._sleeper.pid))

    def close(self):
        self._sleeper.kill()
        self._sleeper.wait()
        for folder in self._folders:
            os.rmdir(folder)
