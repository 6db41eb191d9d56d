#!/bin/bash
# Sets the stage inside the namespaces that `run` made, then runs the checks of one client.
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
client=$1
work=$OCI_WORK/$client
mkdir -p "$work"
# shellcheck source=Tests/oci-clients/checks.bash
source "$here/checks.bash"

ip link set lo up
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/lock
# On v1, podman makes plain folders beside the trees, for controllers that have none here, and stumbles over those that
# an earlier run of it left: so the trees alone are shown, in a folder that cannot be written.
if [ "$(stat --file-system --format %T /sys/fs/cgroup)" = tmpfs ]; then
    mkdir /run/trees
    for tree in /sys/fs/cgroup/*; do
        if [ "$OCI_CGROUP" = v1 ] && [ "${tree##*/}" = unified ]; then continue; fi
        if [ -L "$tree" ]; then cp --no-dereference "$tree" /run/trees/; fi
        if mountpoint --quiet "$tree"; then mkdir "/run/trees/${tree##*/}" && mount --move "$tree" "/run/trees/${tree##*/}"; fi
    done
    mount --rbind /run/trees /sys/fs/cgroup
    for tree in /run/trees/*; do
        if [ ! -L "$tree" ]; then umount "$tree"; fi
    done
    mount -o remount,bind,ro /sys/fs/cgroup
fi
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C TERM=xterm
daemons=()

# shellcheck source=/dev/null
source "$here/$client.bash"

for ((index = ${#daemons[@]} - 1; index >= 0; index--)); do
    kill "${daemons[index]}" 2>/dev/null && wait "${daemons[index]}" 2>/dev/null
done
# A process that a check left frozen would outlive SIGKILL, and these namespaces with it.
for process in /proc/[0-9]*; do
    group=$(sed -n 's/^[0-9]*:freezer://p' "$process/cgroup" 2>/dev/null)
    if [ -n "$group" ] && [ "$group" != / ]; then echo THAWED >"/sys/fs/cgroup/freezer$group/freezer.state"; fi
done 2>/dev/null
[ "$failures" -eq 0 ]
