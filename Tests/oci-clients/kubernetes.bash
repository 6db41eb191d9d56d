#!/bin/bash
# Kubernetes' runtime interface (CRI) of containerd: what a kubelet asks for, through cri.py.
# shellcheck source=Tests/oci-clients/containerd-daemon.bash
source "$here/containerd-daemon.bash"
start_containerd
expect "the pause image is imported" '' \
    ctr --namespace k8s.io images import "$(image_archive docker.io/library/pause:latest 'ENTRYPOINT ["/bin/sleep","86400"]')"
expect "the image is imported" '' \
    ctr --namespace k8s.io images import "$(image_archive docker.io/library/busybox:latest 'CMD ["/bin/sh"]')"
wait_for_daemon "$work/containerd.out" /usr/bin/python3 "$here/cri.py" "$work/containerd.sock" ready
OCI_SOCKET=$work/containerd.sock OCI_LOGS=$work/pod-logs /usr/bin/python3 "$here/cri.py" "$work/containerd.sock" checks \
    >"$work/cri.out" 2>&1 </dev/null
cat "$work/cri.out"
failures=$((failures + $(grep -c '^not ok' "$work/cri.out")))
grep -q '^ok the pod is gone' "$work/cri.out" || failed "the checks ran to their end" "$(tail -n 20 "$work/cri.out")"
