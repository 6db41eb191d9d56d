#!/bin/bash
# Starts containerd with everything it writes below the work folder; for the checks of ctr and of the CRI plugin.
start_containerd() {
    mkdir -p "$work/cni"
    cat >"$work/config.toml" <<TOML
version = 2
root = "$work/root"
state = "$work/state"
[grpc]
  address = "$work/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$work/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:latest"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "bailey"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.bailey]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.bailey.options]
        BinaryName = "$OCI_RUNTIME"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$work/cni"
TOML
    cat >"$work/cni/10-bailey.conflist" <<JSON
{ "cniVersion": "0.4.0", "name": "bailey", "plugins": [
  { "type": "bridge", "bridge": "cni-bailey", "isGateway": true,
    "ipam": { "type": "host-local", "dataDir": "$work/ipam", "ranges": [[{ "subnet": "10.89.9.0/24" }]] } } ] }
JSON
    containerd --config "$work/config.toml" >"$work/containerd.out" 2>&1 &
    daemons+=($!)
    wrapper ctr /usr/bin/ctr --address "$work/containerd.sock"
    wait_for_daemon "$work/containerd.out" ctr version
}

# image_archive NAME CHANGE: an OCI archive of the template's root file system under this name; prints its path.
image_archive() {
    local name=$1 change=$2 archive
    archive=$work/$(tr -c 'a-z0-9\n' - <<<"$name").tar
    # Podman takes no run folder with a longer path than 50 characters.
    local store=(--root "$work/images" --runroot /run/images --storage-driver vfs --events-backend none)
    {
        podman "${store[@]}" import --quiet --change "$change" "$OCI_WORK/busybox.tar" "$name"
        podman "${store[@]}" save --quiet --format oci-archive --output "$archive" "$name"
    } >>"$work/image.out" 2>&1
    echo "$archive"
}
