#!/bin/bash
# Podman: images, containers, exec, terminal, limits, pause, health, build, pods.
wrapper podman /usr/bin/podman --root "$work/root" --runroot /run/podman-run --tmpdir /run/podman-tmp \
    --storage-driver overlay --cgroup-manager cgroupfs --events-backend file --runtime "$OCI_RUNTIME"
memory_limit() {
    cat "/sys/fs/cgroup/memory/libpod_parent/libpod-$(podman inspect --format '{{.Id}}' "$1")/memory.limit_in_bytes"
}
mkdir -p "$work/volume"
echo "from outside" >"$work/volume/file"

expect "podman imports the template's root file system as an image" 'sha256:' \
    podman import --change 'CMD ["/bin/sh"]' "$OCI_WORK/busybox.tar" localhost/busybox:latest
expect "podman run prints what the guest prints" '^hello$' podman run --rm busybox echo hello
expect_status 7 "podman run ends with the guest's status" podman run --rm busybox sh -c 'exit 7'
expect_status 127 "podman run says that a command is missing" podman run --rm busybox /no/such/command
expect_status 126 "podman run says that a file is not executable" podman run --rm busybox /etc/passwd
expect "podman run passes user, directory, environment and host name" '^1000:33 /tmp here guest$' \
    podman run --rm --user 1000:33 --workdir /tmp --env WORD=here --hostname guest busybox \
    sh -c 'echo "$(id -u):$(id -g) $PWD $WORD $(hostname)"'
# The pause: podman loses what a guest prints in its last moment on a terminal, under crun as well (8 of 60 on a busy machine).
expect "podman run -it gives the guest a terminal" '/dev/(pts/0|console)' \
    in_terminal podman run -it --rm busybox sh -c 'tty; sleep 0.5'
expect "podman run keeps what it was told to drop" 'CapBnd:[[:space:]]*0+$' \
    podman run --rm --cap-drop all busybox grep CapBnd /proc/self/status
expect "podman run --read-only makes the root read-only" 'Read-only file system' \
    podman run --rm --read-only busybox sh -c 'touch /x 2>&1; true'
expect "podman run mounts tmpfs and a volume" '^from outside$' \
    podman run --rm --tmpfs /scratch --volume "$work/volume:/data:ro" busybox sh -c 'cp /data/file /scratch && cat /scratch/file'
expect "podman run filters system calls and forbids new privileges" 'Seccomp:[[:space:]]*2' \
    podman run --rm --security-opt no-new-privileges busybox grep Seccomp: /proc/self/status
expect "podman run --userns maps root to another user" '^ +0 +200000 +65536' \
    podman run --rm --uidmap 0:200000:65536 busybox cat /proc/self/uid_map
expect "podman run gives the guest a network of its own" 'eth0' podman run --rm busybox ip address show dev eth0

expect "podman run -d starts in the background" '^[0-9a-f]{64}$' \
    podman run -d --name one --memory 64m --pids-limit 50 busybox sh -c 'echo started; while :; do sleep 1; done'
expect "podman says which runtime runs it" "^$OCI_RUNTIME\$" podman inspect --format '{{.OCIRuntime}}' one
expect "the kernel has the memory limit" '^67108864$' memory_limit one
eventually "podman logs shows what it printed" '^started$' podman logs one
expect "podman exec runs a command in it" '^0$' podman exec one id -u
expect_status 9 "podman exec ends with the command's status" podman exec one sh -c 'exit 9'
expect "podman exec -it gives a terminal" '/dev/pts/[0-9]' in_terminal podman exec -it one sh -c 'tty; sleep 0.5'
expect "podman exec as another user" '^1000$' podman exec --user 1000 one id -u
expect "podman top lists its processes" 'sleep' podman top one
expect "podman pause freezes it" 'one' podman pause one
expect "podman ps says paused" '[Pp]aused' podman ps --all --filter name=one
expect "podman unpause thaws it" 'one' podman unpause one
expect "podman update changes limits" '' podman update --memory 96m --cpus 0.5 one
expect "the kernel has the new limit" '^100663296$' memory_limit one
expect "podman stats reads its cgroup" 'one' podman stats --no-stream one
expect "podman kill sends a signal" 'one' podman kill --signal KILL one
expect "podman wait tells how it ended" '^137$' podman wait one
expect "podman start starts it again" 'one' podman start one
expect "podman stop ends it" 'one' podman stop --time 1 one
expect "podman rm removes it" 'one|[0-9a-f]{64}' podman rm one

expect "a health check is set up" '^[0-9a-f]{64}$' \
    podman run -d --name healthy --health-cmd 'test -e /bin/sh' --health-interval disable busybox sleep 60
expect_status 0 "podman healthcheck run passes" podman healthcheck run healthy

mkdir -p "$work/context"
printf 'FROM localhost/busybox\nRUN echo built >/built\nCMD cat /built\n' >"$work/context/Containerfile"
expect "podman build runs its steps under the runtime" 'COMMIT|[0-9a-f]{64}' \
    podman build --pull=never --network none --tag localhost/built "$work/context"
expect "an image that was built runs" '^built$' podman run --rm --network none localhost/built

expect "podman pod create" '^[0-9a-f]{64}$' \
    podman pod create --name group --infra-image localhost/busybox --infra-command 'sleep 600'
expect "a container joins the pod" '^[0-9a-f]{64}$' podman run -d --pod group --name member busybox sleep 600
expect "the pod shares its host name" '^group$' podman exec member hostname
expect "podman pod ps counts both" 'Running.* 2 *$' podman pod ps
expect "podman pod pause and unpause" '' podman pod pause group
expect "podman pod unpause" '' podman pod unpause group
expect "podman pod rm removes everything" '' podman pod rm --force --time 0 group
expect "podman rm --all removes the rest" '' podman rm --force --all --time 0
expect_status 1 "nothing is left of any container" bash -c 'podman ps --all --quiet | grep .'
