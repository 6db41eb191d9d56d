#!/bin/bash
# containerd through `ctr --runc-binary`.
# shellcheck source=Tests/oci-clients/containerd-daemon.bash
source "$here/containerd-daemon.bash"
start_containerd
image=docker.io/library/busybox:latest
expect "ctr imports the image" 'unpacking|saved' ctr images import "$(image_archive "$image" 'CMD ["/bin/sh"]')"

run() { ctr run --runc-binary "$OCI_RUNTIME" "$@"; }
expect "ctr run prints what the guest prints" '^hello$' run --rm "$image" a echo hello
expect_status 7 "ctr run ends with the guest's status" run --rm "$image" b sh -c 'exit 7'
expect "ctr run --tty gives the guest a terminal" '/dev/(pts/0|console)' in_terminal ctr run --runc-binary "$OCI_RUNTIME" --rm --tty "$image" c \
    sh -c 'tty; sleep 0.5'
expect "ctr run takes a memory limit" '' run -d --memory-limit 67108864 "$image" one sleep 600
expect "ctr task ls shows it running" 'one .*RUNNING' ctr task ls
expect "ctr task exec runs a command in it" 'uid=0' ctr task exec --exec-id e1 one id
expect_status 9 "ctr task exec ends with the command's status" ctr task exec --exec-id e2 one sh -c 'exit 9'
expect "ctr task exec --tty gives a terminal" '/dev/pts/' in_terminal ctr task exec --tty --exec-id e3 one \
    sh -c 'tty; sleep 0.5'
expect "ctr task metrics has the limit" 'memory.limit_in_bytes +67108864' ctr task metrics one
expect "ctr task ps lists its processes" '^[0-9]+' ctr task ps one
expect "ctr task pause freezes it" '' ctr task pause one
expect "ctr task ls says paused" 'one .*PAUSED' ctr task ls
expect "ctr task resume thaws it" '' ctr task resume one
expect "ctr task kill sends a signal" '' ctr task kill --signal SIGKILL one
eventually "ctr task ls says stopped" 'one .*STOPPED' ctr task ls
limited ctr task rm one >/dev/null 2>&1 # its status is the task's own: 137
expect "ctr containers rm removes it" '' ctr containers rm one
expect_status 1 "nothing is left" bash -c 'ctr containers ls --quiet | grep .'
