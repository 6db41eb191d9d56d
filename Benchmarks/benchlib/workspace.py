"""A benchmark's own folder, processes and cgroups: made at the start, removed at the end, and proven gone."""

import ctypes
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
OUT = BENCHMARKS / "out"
PR_SET_CHILD_SUBREAPER = 36


class Workspace:
    """`with Workspace(...) as workspace:` holds a rootfs and a tag that is part of every name the benchmark makes.

    The script adopts orphans (PR_SET_CHILD_SUBREAPER), so whatever a runtime leaves running, detached or not, is found
    among its descendants. SIGINT, SIGTERM and SIGHUP end the block early; the clean-up is the same.
    """

    def __init__(self, files=(), parent=None):
        self.tag = f"bench{os.getpid()}"
        self._files, self._parent = files, parent
        self._undo = []

    def __enter__(self):
        need_root()
        if self._parent is not None and not os.path.isdir(self._parent):
            sys.exit(f"--work: {self._parent}: not a folder")
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        self._foreign = set(shared_cgroups())
        self.folder = Path(tempfile.mkdtemp(prefix=f"bailey-{self.tag}-", dir=self._parent))
        self.folder.chmod(0o755)
        try:
            subprocess.run([BENCHMARKS / "start" / "make-rootfs", self.folder / "tree", *self._files], check=True)
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        self.tree = self.folder / "tree"
        self.rootfs, self.shifted, self.etc = self.tree / "rootfs", self.tree / "shifted", self.tree / "etc"
        return self

    def on_exit(self, undo):
        """Registers a clean-up; the last registered runs first, and all run whatever happens."""
        self._undo.append(undo)

    def __exit__(self, kind, error, trace):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for undo in reversed(self._undo):
            try:
                undo()
            except Exception as failure:  # the rest must still be undone; what is left is reported below
                print(f"clean-up: {failure}", file=sys.stderr)
        end_descendants()
        remove_cgroups(self.tag, keep=self._foreign)
        for mount in reversed(mounts_below(self.folder)):
            subprocess.run(["umount", "-l", mount])
        shutil.rmtree(self.folder, ignore_errors=True)
        left = self.left_behind()
        print("left behind: " + ("nothing" if not left else ""), file=sys.stderr)
        for line in left:
            print(f"  {line}", file=sys.stderr)
        if left:
            sys.exit(1)
        if kind is KeyboardInterrupt:
            sys.exit(130)
        return False

    def left_behind(self):
        """Every process, cgroup, mount, file and network link of this run that still exists."""
        left = [f"process {pid}: {command_line(pid)}" for pid in descendants(os.getpid())]
        left += [f"cgroup {path}" for path in cgroups_of(self.tag)]
        left += [f"mount {path}" for path in mounts_below(self.folder)]
        left += [f"folder {path}" for path in (self.folder,) if path.exists()]
        left += [f"file {path}" for pattern in ("/run/*", "/run/*/*", "/var/lib/*", "/dev/shm/*")
                 for path in glob.glob(pattern) if self.tag in os.path.basename(path)]
        return left


def need_root():
    if os.geteuid() != 0:
        sys.exit("the benchmarks make jails: not root: run them as root on a machine set aside for it")


def need_program(name):
    """The path of a built program in out/, built when missing or older than its source."""
    result = subprocess.run(["make", "-C", BENCHMARKS, "-s", name], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"build {name}: {result.stderr.strip()}")
    return OUT / name


def _interrupt(number, _frame):
    raise KeyboardInterrupt(number)


def descendants(pid):
    """All living processes below `pid`, from one pass over /proc; zombies do not count."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        for child in children.get(queue.pop(), []):
            found.append(child)
            queue.append(child)
    return found


def end_descendants():
    """Asks all descendants to end, then kills the rest; reaps them."""
    for number, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while descendants(os.getpid()) and time.monotonic() < deadline:
            reap()
            time.sleep(0.01)
    reap()


def reap():
    """Collects every child that has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def cgroups_of(tag):
    """All cgroup folders with the tag in their path, deepest first, in every hierarchy."""
    found = set()
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        found.update(os.path.join(folder, name) for name in names if tag in os.path.join(folder, name))
    return sorted(found, key=len, reverse=True)


def shared_cgroups():
    """The folders above every run's cgroups, deepest first."""
    roots = ("/sys/fs/cgroup", "/sys/fs/cgroup/*")
    return [path for name in ("bailey/floor", "bailey") for root in roots for path in glob.glob(f"{root}/{name}")]


def remove_cgroups(tag, keep):
    """Removes this run's cgroups, and the shared folders above them that are empty and not in `keep`."""
    for path in cgroups_of(tag):
        for _ in range(100):
            try:
                os.rmdir(path)
                break
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.01)
    for path in shared_cgroups():
        try:
            if path not in keep:
                os.rmdir(path)
        except OSError:
            pass  # in use by somebody else


def mounts_below(folder):
    """Mount points in or under a folder, in mount order."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [point for point in points if point == str(folder) or point.startswith(f"{folder}/")]


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "gone"
