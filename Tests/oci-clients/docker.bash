#!/bin/bash
# Docker's daemon with the runtime as its default, and a Swarm service whose tasks run under it.
wrapper docker /usr/bin/docker --host "unix://$work/docker.sock"
dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/dockerd.pid" --host "unix://$work/docker.sock" \
    --add-runtime "bailey=$OCI_RUNTIME" --default-runtime bailey >"$work/dockerd.out" 2>&1 &
daemons+=($!)
wait_for_daemon "$work/dockerd.out" docker version

expect "docker import makes an image of the template" 'sha256:' \
    docker import --change 'CMD ["/bin/sh"]' "$OCI_WORK/busybox.tar" busybox:latest
expect "docker run prints what the guest prints" '^hello$' docker run --rm busybox echo hello
expect_status 7 "docker run ends with the guest's status" docker run --rm busybox sh -c 'exit 7'
expect_status 127 "docker run says that a command is missing" docker run --rm busybox /no/such/command
expect_status 126 "docker run says that a file is not executable" docker run --rm busybox /etc/passwd
expect "docker run --runtime takes it by name too" '^named$' docker run --rm --runtime bailey busybox echo named
expect "docker run -it gives the guest a terminal" '/dev/(pts/0|console)' \
    in_terminal docker run -it --rm busybox sh -c 'tty; sleep 0.5'
expect "docker run --init puts docker's init in front" 'docker-init|tini' \
    docker run --rm --init busybox sh -c 'tr "\\0" " " </proc/1/cmdline'
expect "docker run -d starts in the background" '^[0-9a-f]{64}$' \
    docker run -d --name one --memory 64m busybox sh -c 'echo started; while :; do sleep 1; done'
expect "docker says which runtime runs it" '^bailey$' docker inspect --format '{{.HostConfig.Runtime}}' one
eventually "docker logs shows what it printed" '^started$' docker logs one
expect "docker exec runs a command in it" '^0$' docker exec one id -u
expect_status 9 "docker exec ends with the command's status" docker exec one sh -c 'exit 9'
expect "docker exec -it gives a terminal" '/dev/pts/[0-9]' \
    in_terminal docker exec -it one sh -c 'tty; sleep 0.5'
expect "docker top lists its processes" 'sleep' docker top one
expect "docker pause freezes it" 'one' docker pause one
expect "docker ps says paused" 'Paused' docker ps --filter name=one
expect "docker unpause thaws it" 'one' docker unpause one
expect "docker update changes limits" 'one' docker update --memory 96m --memory-swap 96m --cpus 0.5 one
expect "docker stats reads its cgroup" '96MiB' docker stats --no-stream one
expect "docker stop ends it" 'one' docker stop --time 1 one
expect "docker start starts it again" 'one' docker start one
expect "docker restart does both" 'one' docker restart --time 1 one
expect "docker rm removes it" 'one' docker rm --force one

mkdir -p "$work/context"
printf 'FROM busybox\nRUN echo built >/built\nCMD cat /built\n' >"$work/context/Dockerfile"
expect "docker build runs its steps under the runtime" 'Successfully built|naming to' \
    env DOCKER_BUILDKIT=0 "$work/bin/docker" build --tag built "$work/context"
expect "an image that was built runs" '^built$' docker run --rm --network none built

expect "docker swarm init makes a cluster of one" 'Swarm initialized' docker swarm init --advertise-addr 127.0.0.1
expect "docker service create" '^[0-9a-z]+' \
    docker service create --detach --quiet --name web --replicas 2 busybox sleep 600
eventually "both tasks of the service run" '2/2' docker service ls
tasks() { docker ps --quiet --filter label=com.docker.swarm.service.name=web; }
expect "the tasks are jails of this runtime" '^bailey bailey $' \
    bash -c 'for task in $(docker ps --quiet --filter label=com.docker.swarm.service.name=web); do
        docker inspect --format "{{.HostConfig.Runtime}}" "$task"; done | tr "\n" " "; echo'
expect "docker service scale" '' docker service scale --detach web=3
eventually "the third task runs" '3/3' docker service ls
victim=$(tasks | head -n 1)
expect "a task that dies" '' docker kill "$victim"
eventually "is replaced by Swarm" '^3$' bash -c "docker ps --quiet --filter label=com.docker.swarm.service.name=web | grep -vc ${victim:-none}"
expect "docker service rm ends them" 'web' docker service rm web
eventually "no task is left" '^0$' bash -c 'docker ps --quiet | wc -l'
