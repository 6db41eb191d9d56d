"""The systems Bailey is compared with, each from its Debian package and told to confine as confinement.py says."""

import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from . import bundle, confinement, policy
from .subjects import Prepared, Subject


class OCI(Subject):
    differs = "no time namespace; root chowned, not shifted; cgroups in every v1 hierarchy"
    subcommand = ["run"]

    def missing(self):
        return None if shutil.which(self.program) else f"{self.program} is not installed"

    def state(self):
        return str(self.workspace.folder / f"{self.program}-state")

    def prepare(self, request):
        label = self.label(request.slot)
        folder = bundle.write(self.workspace.folder / f"bundle-{label}", self.workspace,
                              f"/bailey/{self.workspace.tag}/{label}", request.command, request.bind)
        detach = ["--detach"] if request.detached else []
        return Prepared([shutil.which(self.program), "--root", self.state(), "run", *detach, "--bundle", str(folder),
                         label])

    def remove(self, slot):
        subprocess.run([self.program, "--root", self.state(), "delete", "--force", self.label(slot)],
                       capture_output=True)


class Crun(OCI):
    name = "crun run"
    program = "crun"

    def __init__(self, workspace):
        super().__init__(workspace)
        unified = Path("/sys/fs/cgroup/unified/cgroup.controllers")
        if unified.exists() and unified.read_text().strip():
            # else: "cgroups in hybrid mode not supported, drop all controllers from cgroupv2"
            self.hides = str(unified.parent)


class CrunConmon(Crun):
    """crun under podman's monitor, which outlives it: what an engine keeps for each idle jail."""
    name = "crun + conmon"

    def missing(self):
        return super().missing() or (None if shutil.which("conmon") else "conmon is not installed")

    def prepare(self, request):
        start = super().prepare(request)
        label, folder = self.label(request.slot), start.argv[-2]
        monitor = ["conmon", "--cid", label, "--cuuid", label, "--name", label, "--runtime", shutil.which(self.program),
                   "--runtime-arg", f"--root={self.state()}", "--bundle", folder,
                   "--container-pidfile", f"{folder}/pid", "--conmon-pidfile", f"{folder}/conmon.pid",
                   "--log-path", f"{folder}/log", "--exit-dir", folder, "--socket-dir-path", folder]
        then = [self.program, "--root", self.state(), "start", label]
        # conmon returns before its runtime has created the container
        created = f"for i in $(seq 500); do [ -s {shlex.quote(folder)}/pid ] && break; sleep 0.01; done"
        return Prepared(["/bin/sh", "-c", f"{shlex.join(monitor)} && {created} && {shlex.join(then)}"])


class Runc(OCI):
    name = "runc run"
    program = "runc"


class BaileyOCI(OCI):
    """Bailey as OCI runtime: the same bundle as its peers. BAILEY_OCI names another binary."""
    name = "bailey-oci run"
    program = os.environ.get("BAILEY_OCI") or str(Path(__file__).resolve().parents[2] / ".build/release/bailey-oci")

    def state(self):
        return str(self.workspace.folder / "bailey-oci-state")


class Bubblewrap(Subject):
    name = "bwrap"
    differs = "no cgroup limits, no time namespace, one id instead of 65,536"

    def missing(self):
        return None if shutil.which("bwrap") else "bwrap is not installed"

    def prepare(self, request):
        w = self.workspace
        argv = [shutil.which("bwrap"), "--unshare-all", "--unshare-user", "--uid", "0", "--gid", "0",
                "--die-with-parent", "--new-session", "--hostname", confinement.HOSTNAME,
                "--ro-bind", str(w.rootfs), "/",
                "--proc", "/proc", "--ro-bind", "/sys", "/sys", "--dev", "/dev", "--mqueue", "/dev/mqueue"]
        for name in confinement.RESOLVER_FILES:
            argv += ["--ro-bind", str(w.etc / name), f"/etc/{name}"]
        for path in filter(os.path.exists, confinement.MASKED_FILES):
            argv += ["--ro-bind", "/dev/null", path]
        for path in filter(os.path.exists, confinement.MASKED_FOLDERS):
            argv += ["--tmpfs", path, "--remount-ro", path]
        for path in filter(os.path.exists, confinement.READ_ONLY_PATHS):
            argv += ["--ro-bind", path, path]
        if request.bind:
            argv += ["--bind", str(request.bind[0]), request.bind[1]]
        argv += ["--cap-drop", "ALL"]
        for capability in confinement.CAPABILITIES:
            argv += ["--cap-add", capability]
        return Prepared([*argv, "--seccomp", "9", *request.command], [(9, str(self.filter_file()))])


class Nspawn(Subject):
    name = "systemd-nspawn"
    differs = "no cgroup limits, no time namespace, its own filter and masks"

    def missing(self):
        return None if shutil.which("systemd-nspawn") else "systemd-nspawn is not installed (systemd-container)"

    def prepare(self, request):
        w = self.workspace
        argv = [shutil.which("systemd-nspawn"), "--quiet", "--settings=no", "--register=no", "--keep-unit",
                f"--directory={w.rootfs}", "--read-only", f"--machine={self.label(request.slot)}",
                f"--hostname={confinement.HOSTNAME}", "--private-network", "--link-journal=no", "--timezone=off",
                f"--private-users={confinement.FIRST_ID}:{confinement.ID_COUNT}", "--private-users-ownership=map",
                "--resolv-conf=off", "--no-new-privileges=yes", "--console=pipe",
                f"--capability={','.join(confinement.CAPABILITIES)}", f"--drop-capability={','.join(self.dropped())}"]
        argv += [f"--bind-ro={w.etc / name}:/etc/{name}" for name in confinement.RESOLVER_FILES]
        if request.bind:
            argv.append(f"--bind={request.bind[0]}:{request.bind[1]}")
        return Prepared([*argv, *request.command])

    @staticmethod
    def dropped():
        """What nspawn keeps by default and the confinement does not (systemd-nspawn(1), --capability)."""
        kept = """CAP_AUDIT_CONTROL CAP_DAC_READ_SEARCH CAP_IPC_OWNER CAP_LEASE CAP_LINUX_IMMUTABLE CAP_NET_ADMIN
            CAP_NET_BROADCAST CAP_SYS_ADMIN CAP_SYS_BOOT CAP_SYS_NICE CAP_SYS_PTRACE CAP_SYS_RESOURCE
            CAP_SYS_TTY_CONFIG"""
        return kept.split()


class LXC(Subject):
    name = "lxc-execute"
    program = "lxc-execute"

    def missing(self):
        return None if shutil.which(self.program) else f"{self.program} is not installed (lxc)"

    def prepare(self, request):
        self.fill_cpuset()
        label = self.label(request.slot)
        base = self.workspace.folder / "lxc"
        base.joinpath(label).mkdir(parents=True, exist_ok=True)
        config = base / label / "config"
        config.write_text(self.config(label, request))
        mode = ["--daemon"] if request.detached else []
        return Prepared([shutil.which(self.program), *mode, "-n", label, "-P", str(base), "-f", str(config), "--",
                         *request.command])

    def fill_cpuset(self):
        """lxc joins every v1 hierarchy, and a cpuset folder without processors and memory nodes takes no process."""
        root = Path("/sys/fs/cgroup/cpuset")
        if not root.joinpath("cpuset.cpus").exists():
            return
        for folder in (root / "bailey", root / "bailey" / self.workspace.tag):
            folder.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if not folder.joinpath(name).read_text().strip():
                    folder.joinpath(name).write_text(folder.parent.joinpath(name).read_text())
        folder.joinpath("cgroup.clone_children").write_text("1")

    def config(self, label, request):
        w, first, count = self.workspace, confinement.FIRST_ID, confinement.ID_COUNT
        uptime = int(time.clock_gettime(time.CLOCK_BOOTTIME))
        profile = w.folder / "lxc.seccomp"
        profile.write_text(policy.lxc_profile())
        lines = [
            f"lxc.uts.name = {confinement.HOSTNAME}", f"lxc.rootfs.path = dir:{w.shifted}", "lxc.rootfs.options = ro",
            f"lxc.idmap = u 0 {first} {count}", f"lxc.idmap = g 0 {first} {count}", "lxc.net.0.type = empty",
            "lxc.net.0.flags = up", "lxc.mount.auto = proc:mixed sys:ro", "lxc.autodev = 1",
            "lxc.autodev.tmpfs.size = 65536", "lxc.tty.max = 0", "lxc.apparmor.profile = unconfined",
            "lxc.no_new_privs = 1", f"lxc.seccomp.profile = {profile}", f"lxc.time.offset.boot = -{uptime}s",
            "lxc.cap.keep = " + " ".join(name[4:].lower() for name in confinement.CAPABILITIES),
            f"lxc.cgroup.dir = bailey/{w.tag}/{label}", f"lxc.cgroup.pids.max = {confinement.PIDS_MAX}",
            f"lxc.cgroup.memory.limit_in_bytes = {confinement.MEMORY_MAX}", "lxc.cgroup.devices.deny = a",
        ]
        for major, minor in confinement.DEVICES:
            lines.append(f"lxc.cgroup.devices.allow = c {major}:{'*' if minor is None else minor} rwm")
        for name in confinement.RESOLVER_FILES:
            lines.append(f"lxc.mount.entry = {w.etc / name} etc/{name} none bind,ro 0 0")
        lines.append("lxc.mount.entry = shm dev/shm tmpfs nosuid,nodev,noexec,mode=1777,size=64m,create=dir 0 0")
        lines.append("lxc.mount.entry = mqueue dev/mqueue mqueue nosuid,nodev,noexec,create=dir 0 0")
        for path in filter(os.path.exists, confinement.MASKED_FILES):
            lines.append(f"lxc.mount.entry = /dev/null {path[1:]} none bind 0 0")
        for path in filter(os.path.exists, confinement.MASKED_FOLDERS):
            lines.append(f"lxc.mount.entry = tmpfs {path[1:]} tmpfs ro,nosuid,nodev,noexec 0 0")
        for path in ("/proc/bus", "/proc/fs", "/proc/irq"):  # proc:mixed protects the others
            lines.append(f"lxc.mount.entry = {path} {path[1:]} none bind,ro,nosuid,nodev,noexec 0 0")
        if request.bind:
            lines.append(f"lxc.mount.entry = {request.bind[0]} {request.bind[1][1:]} none bind,nosuid,nodev 0 0")
        return "\n".join(lines) + "\n"

    def remove(self, slot):
        subprocess.run(["lxc-stop", "-k", "-n", self.label(slot), "-P", str(self.workspace.folder / "lxc")],
                       capture_output=True)
