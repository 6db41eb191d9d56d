"""What a figure was measured on: printed above every table and kept in the JSON."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path

from .workspace import OUT

VERSION_COMMANDS = {"crun": ["--version"], "runc": ["--version"], "bwrap": ["--version"], "lxc-start": ["--version"],
                    "systemd-nspawn": ["--version"], "conmon": ["--version"]}


def facts():
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "virtual machine": "hypervisor" in Path("/proc/cpuinfo").read_text(),
        "cgroups": _cgroups(),
        "load": os.getloadavg()[0],
        "peers": {name: _version(name, flags) for name, flags in VERSION_COMMANDS.items() if shutil.which(name)},
    }


def line(host):
    guest = ", virtual machine" if host["virtual machine"] else ""
    return (f"kernel {host['kernel']} {host['machine']}, {host['processors']} processors{guest}, "
            f"cgroups {host['cgroups']}, load {host['load']:.2f}")


def save(name, path, content):
    """Writes a result as JSON to `path`, or to out/NAME.json; returns where."""
    OUT.mkdir(exist_ok=True)
    target = Path(path) if path else OUT / f"{name}.json"
    target.write_text(json.dumps(content, indent=1) + "\n")
    return target


def _cgroups():
    if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
        return "v2"
    return "v1 and v2 (hybrid)" if os.path.exists("/sys/fs/cgroup/unified") else "v1"


def _version(name, flags):
    result = subprocess.run([name, *flags], capture_output=True, text=True)
    return (result.stdout or result.stderr).strip().split("\n")[0]
