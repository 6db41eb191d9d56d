"""The common confinement as an OCI runtime-spec bundle, for crun and runc."""

import json

from . import confinement, policy


def write(folder, workspace, cgroup, command, bind=None):
    """Writes folder/config.json. The rootfs is the tree owned by the first id, for neither runtime shifts it."""
    folder.mkdir(exist_ok=True)
    folder.joinpath("config.json").write_text(json.dumps(_config(workspace, cgroup, command, bind)))
    return folder


def _config(workspace, cgroup, command, bind):
    identity = [{"containerID": 0, "hostID": confinement.FIRST_ID, "size": confinement.ID_COUNT}]
    kept = confinement.CAPABILITIES
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": command,
            "env": [f"PATH={confinement.PATH}", "HOME=/root"],
            "cwd": "/",
            "capabilities": {"bounding": kept, "effective": kept, "permitted": kept, "inheritable": [], "ambient": []},
            "noNewPrivileges": True,
        },
        "root": {"path": str(workspace.shifted), "readonly": True},
        "hostname": confinement.HOSTNAME,
        "mounts": _mounts(workspace, bind),
        "linux": {
            "namespaces": [{"type": kind} for kind in ("user", "mount", "pid", "network", "ipc", "uts", "cgroup")],
            "uidMappings": identity,
            "gidMappings": identity,
            "cgroupsPath": cgroup,
            "resources": {
                "devices": [{"allow": False, "access": "rwm"}, *(_device(*d) for d in confinement.DEVICES)],
                "pids": {"limit": confinement.PIDS_MAX},
                "memory": {"limit": confinement.MEMORY_MAX},
            },
            "maskedPaths": confinement.MASKED_FILES + confinement.MASKED_FOLDERS,
            "readonlyPaths": confinement.READ_ONLY_PATHS,
            "seccomp": policy.oci_profile(),
        },
    }


def _device(major, minor):
    rule = {"allow": True, "type": "c", "major": major, "access": "rwm"}
    return rule if minor is None else {**rule, "minor": minor}


def _mounts(workspace, bind):
    quiet = ["nosuid", "nodev", "noexec"]
    mounts = [
        _mount("/proc", "proc", "proc", quiet),
        _mount("/sys", "sysfs", "sysfs", [*quiet, "ro"]),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "mode=755", "size=64k"]),
        _mount("/dev/pts", "devpts", "devpts",
               ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        _mount("/dev/shm", "tmpfs", "shm", [*quiet, "mode=1777", "size=64m"]),
        _mount("/dev/mqueue", "mqueue", "mqueue", quiet),
    ]
    for name in confinement.RESOLVER_FILES:
        mounts.append(_mount(f"/etc/{name}", "bind", str(workspace.etc / name), ["bind", "ro", *quiet]))
    if bind:
        mounts.append(_mount(bind[1], "bind", str(bind[0]), ["bind", "rw", "nosuid", "nodev"]))
    return mounts


def _mount(target, kind, source, options):
    return {"destination": target, "type": kind, "source": source, "options": options}
