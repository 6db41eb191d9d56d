#!/bin/bash
# Podman as an unprivileged user, who has a range of subordinate ids and nothing else. The user exists in these
# namespaces only: account and ranges are laid over the host's files.
user=bailey-tester
id=1500
mkdir -p /run/overlaid /run/home /run/programs "/run/user/$id"
for file in passwd group subuid subgid; do
    touch "/etc/$file"
    cp "/etc/$file" "/run/overlaid/$file"
    mount --bind "/run/overlaid/$file" "/etc/$file"
done
echo "$user:x:$id:$id::/run/home:/bin/sh" >>/etc/passwd
echo "$user:x:$id:" >>/etc/group
echo "$user:300000:65536" >/etc/subuid
echo "$user:300000:65536" >/etc/subgid
chown "$id:$id" /run/home "/run/user/$id"
chmod 0700 "/run/user/$id"
# The runtime and the archive may lie where the user cannot go.
cp "$OCI_RUNTIME" /run/programs/runtime
cp "$OCI_WORK/busybox.tar" /run/programs/busybox.tar
chmod 0755 /run/programs/runtime
chmod 0644 /run/programs/busybox.tar
cd /run/home || exit 1

wrapper podman setpriv --reuid "$id" --regid "$id" --init-groups --reset-env \
    env PATH=/usr/bin:/bin:/usr/sbin:/sbin HOME=/run/home "XDG_RUNTIME_DIR=/run/user/$id" USER="$user" \
    podman --cgroup-manager cgroupfs --events-backend file --runtime /run/programs/runtime --storage-driver overlay

expect "a user imports the image" 'sha256:' \
    podman import --change 'CMD ["/bin/sh"]' /run/programs/busybox.tar localhost/busybox:latest
expect "a user runs a container" '^hello$' podman run --rm --network none busybox echo hello
expect "root inside is the user outside" "^ +0 +$id +1\$" podman run --rm --network none busybox cat /proc/self/uid_map
expect_status 7 "it ends with the guest's status" podman run --rm --network none busybox sh -c 'exit 7'
expect "a user starts one in the background" '^[0-9a-f]{64}$' podman run -d --name one --network none busybox sleep 600
expect "a user runs a command in it" '^0$' podman exec one id -u
expect "with a terminal too" '/dev/pts/[0-9]' in_terminal podman exec -it one sh -c 'tty; sleep 0.5'
expect "a user stops it" 'one' podman stop --time 0 one
expect "a user removes it" 'one|[0-9a-f]{64}' podman rm one
