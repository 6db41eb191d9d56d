"""Reads from the kernel how a running guest is confined: the proof, or not, that subjects are confined equally."""

import os
import time
from pathlib import Path

from . import confinement, running
from .subjects import Request, Unable
from .workspace import end_descendants

NAMESPACES = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"]


def inspect(subject, workspace):
    """{property: value} of a sleeping guest of this subject, or {"error": why}."""
    command = ["/bin/sleep", "86400"]
    errors = workspace.folder / "inspect.err"
    try:
        running.spawn(subject, subject.prepare(Request(command)), workspace.folder / "inspect.out", errors)
        guests = running.wait_for_guest(command)
        time.sleep(0.05)  # its exec is over, and with it every step of the start
        return facts(guests[0]) if guests else {"error": errors.read_text().strip()[-200:] or "no guest appeared"}
    except Unable as reason:
        return {"error": str(reason)}
    finally:
        subject.remove(0)
        end_descendants()
        subject.remove(0)


def facts(pid):
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    ids = Path(f"/proc/{pid}/uid_map").read_text().split()
    mounts = {fields[4]: fields for fields in map(str.split, Path(f"/proc/{pid}/mountinfo").read_text().splitlines())}
    own = [n for n in NAMESPACES if os.readlink(f"/proc/{pid}/ns/{n}") != os.readlink(f"/proc/self/ns/{n}")]
    return {
        "no own namespace": " ".join(n for n in NAMESPACES if n not in own) or "-",
        "ids": ids[2] if ids[1] != "0" or ids[2] != "4294967295" else "host's",
        "capabilities": "14" if int(status["CapBnd"], 16) == confinement.CAPABILITY_MASK else status["CapBnd"].strip(),
        "no_new_privs": _yes(status["NoNewPrivs"].strip() == "1"),
        "filter": _yes(status["Seccomp"].strip() == "2"),
        "root read-only": _yes("/" in mounts and "ro" in mounts["/"][5].split(",")),
        "masked": _share(confinement.MASKED_FILES + confinement.MASKED_FOLDERS, mounts),
        "protected": _share(confinement.READ_ONLY_PATHS, mounts),
        **_limits(pid),
    }


def _yes(value):
    return "yes" if value else "no"


def _share(paths, mounts):
    """How many of the paths that this kernel has are covered, or lie below a read-only mount."""
    here = [path for path in paths if os.path.exists(path)]
    return f"{sum(path in mounts for path in here)}/{len(here)}"


def _limits(pid):
    """pids, memory and devices as the guest's v1 or v2 cgroup states them."""
    folders = {}
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            base = f"/sys/fs/cgroup/{controller}" if controller else "/sys/fs/cgroup"
            folders[controller] = Path(base + path)
    pids = _read(folders, "pids", "pids.max")
    memory = _read(folders, "memory", "memory.limit_in_bytes") or _read(folders, "memory", "memory.max")
    devices = _read(folders, "devices", "devices.list")
    return {
        "pids max": pids if pids and pids.isdigit() else "none",
        "memory max": f"{int(memory) >> 20} MiB" if memory and memory.isdigit() and int(memory) < 1 << 60 else "none",
        "devices closed": _yes(devices is not None and "a *:* rwm" not in devices) if devices is not None else "v2",
    }


def _read(folders, controller, name):
    for key in (controller, ""):
        try:
            return folders[key].joinpath(name).read_text().strip()
        except (KeyError, OSError):
            continue
    return None
