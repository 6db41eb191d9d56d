#!/usr/bin/python3
"""A kubelet in miniature: asks containerd's CRI plugin for a pod and a container, and checks what it gets.

Debian packages no CRI client, so the few messages needed are written here by hand: a message is a dictionary from
field number to value, by the numbers of k8s.io/cri-api's runtime/v1/api.proto.
"""
import os
import sys
import time

import grpc

SERVICE = "/runtime.v1.RuntimeService/"


def varint(number):
    number &= (1 << 64) - 1
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def encode(message):
    """Protocol-buffer bytes of a dictionary; a list is a repeated field."""
    out = b""
    for field, value in message.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, (bool, int)):
                out += varint(field << 3) + varint(int(item))
            else:
                body = encode(item) if isinstance(item, dict) else item.encode()
                out += varint(field << 3 | 2) + varint(len(body)) + body
    return out


def decode(data):
    """The fields of a message: numbers as they are, everything else as bytes; of a repeated field, all of them."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        elif key & 7 == 2:
            size = number()
            value = data[at:at + size]
            at += size
        else:
            raise ValueError("wire type %d" % (key & 7))
        fields.setdefault(key >> 3, []).append(value)
    return fields


class Runtime:
    def __init__(self, socket):
        self.channel = grpc.insecure_channel("unix://" + socket)

    def __call__(self, method, message, timeout=60):
        call = self.channel.unary_unary(SERVICE + method, lambda raw: raw, decode)
        return call(encode(message), timeout=timeout)

    def execute(self, container, *command):
        answer = self("ExecSync", {1: container, 2: list(command), 3: 20})
        return answer.get(3, [0])[0], answer.get(1, [b""])[0].decode(), answer.get(2, [b""])[0].decode()

    def state(self, container):
        status = decode(self("ContainerStatus", {1: container})[1][0])
        return status.get(3, [0])[0], status.get(7, [0])[0]


failures = 0


def check(sentence, good, seen=""):
    global failures
    print(("ok " if good else "not ok ") + sentence, flush=True)
    if not good:
        failures += 1
        print("    " + str(seen).replace("\n", "\n    "), flush=True)


def wait_for(question, wanted):
    for _ in range(100):
        if question() == wanted:
            return True
        time.sleep(0.2)
    return False


RUNNING, EXITED = 1, 2


def checks(runtime):
    logs = os.environ["OCI_LOGS"]
    os.makedirs(logs, exist_ok=True)
    pod_config = {1: {1: "web", 2: "uid-1", 3: "default", 4: 0}, 2: "web-0", 3: logs,
                  8: {1: "/k8s.io/pod-web", 2: {1: {1: 0, 2: 1, 3: 0}}}}
    pod = runtime("RunPodSandbox", {1: pod_config})[1][0].decode()
    check("RunPodSandbox starts a pod", len(pod) == 64, pod)

    resources = {1: 100000, 2: 50000, 3: 512, 4: 64 << 20}
    security = {7: True, 11: True, 5: {1: 1000}}
    config = {1: {1: "app", 2: 0}, 2: {1: "docker.io/library/busybox:latest"},
              3: ["sh", "-c", "echo from the pod; while :; do sleep 1; done"], 5: "/tmp", 6: [{1: "WORD", 2: "here"}],
              11: "app.log", 15: {1: resources, 2: security}}
    container = runtime("CreateContainer", {1: pod, 2: config, 3: pod_config})[1][0].decode()
    check("CreateContainer makes a container in it", len(container) == 64, container)
    runtime("StartContainer", {1: container})
    check("StartContainer starts it", runtime.state(container)[0] == RUNNING, runtime.state(container))

    seen = runtime.execute(container, "sh", "-c", 'echo "$(id -u) $PWD $WORD $(hostname)"')
    check("ExecSync sees user, directory, environment and the pod's host name", seen[1] == "1000 /tmp here web-0\n", seen)
    seen = runtime.execute(container, "sh", "-c", "exit 9")
    check("ExecSync ends with the command's status", seen[0] == 9, seen)
    seen = runtime.execute(container, "touch", "/x")
    check("the root is read-only", "Read-only file system" in seen[2], seen)
    seen = runtime.execute(container, "ip", "address", "show", "dev", "eth0")
    check("the pod has the address that CNI gave it", "10.89.9." in seen[1], seen)
    seen = runtime.execute(container, "grep", "NoNewPrivs", "/proc/self/status")
    check("no new privileges", seen[1].split()[-1:] == ["1"], seen)
    log = os.path.join(logs, "app.log")
    check("what it prints is in the pod's log", wait_for(lambda: "from the pod" in open(log).read(), True), log)

    runtime("UpdateContainerResources", {1: container, 2: {4: 96 << 20}})
    path = "/sys/fs/cgroup/memory/k8s.io/pod-web/%s/memory.limit_in_bytes" % container
    seen = open(path).read() if os.path.exists(path) else path + ": no such file"
    check("UpdateContainerResources reaches the kernel", seen.strip() == str(96 << 20), seen)
    stats = decode(runtime("ContainerStats", {1: container})[1][0])
    check("ContainerStats reads its cgroup", 3 in stats, stats)

    runtime("StopContainer", {1: container, 2: 1})
    seen = runtime.state(container)
    check("StopContainer ends it", seen == (EXITED, 143), seen)
    runtime("RemoveContainer", {1: container})
    runtime("StopPodSandbox", {1: pod})
    runtime("RemovePodSandbox", {1: pod})
    check("the pod is gone", not runtime("ListPodSandbox", {}).get(1), "still listed")


def main():
    runtime = Runtime(sys.argv[1])
    if sys.argv[2] == "ready":
        conditions = decode(runtime("Status", {}, timeout=5)[1][0])[1]
        return 0 if all(decode(condition).get(2) for condition in conditions) else 1
    try:
        checks(runtime)
    except grpc.RpcError as error:
        check("the runtime interface answers", False, error.details())
    return 1 if failures else 0


sys.exit(main())
