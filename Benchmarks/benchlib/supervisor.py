"""A baileyd over a state root of its own, for benchmarks of many jails."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time


def make_rootfs(place, applets=("sleep",)):
    for folder in ("bin", "dev", "etc", "proc", "sys", "tmp", "run"):
        (place / folder).mkdir(parents=True)
    shutil.copy("/bin/busybox", place / "bin/busybox")
    for applet in applets:
        (place / "bin" / applet).symlink_to("busybox")
    (place / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    (place / "etc/group").write_text("root:x:0:\n")


class Supervisor:
    """A baileyd over a state root of its own."""

    def __init__(self, programs, root, baileyd=None):
        self.programs, self.root = programs, root
        self.environment = {**os.environ, "BAILEY_ROOT": str(root)}
        self.socket = root / "run/bailey.sock"
        self.log = open(root / "baileyd.log", "wb")
        self.process = subprocess.Popen([baileyd or programs / "baileyd"], env=self.environment, stderr=self.log)
        for _ in range(200):
            try:
                if self.request("GET", "/v1/version")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit("baileyd did not come up: see " + str(self.log.name))

    def request(self, method, target, body=None):
        content = json.dumps(body).encode() if body is not None else b""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(self.socket))
            head = f"{method} {target} HTTP/1.1\r\nHost: b\r\nConnection: close\r\nContent-Length: {len(content)}\r\n\r\n"
            line.sendall(head.encode() + content)
            answer = b""
            while part := line.recv(65536):
                answer += part
        return int(answer.split(b" ", 2)[1]), answer

    def bailey(self, *arguments):
        return subprocess.run([self.programs / "bailey", *arguments], env=self.environment, check=True, capture_output=True)
