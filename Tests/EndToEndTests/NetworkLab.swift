import Foundation
import Testing

/// A host of its own for tests of networks: a network namespace that plays the host, and one outside, joined by a link.
///
///     outside 192.0.2.2, 2001:db8::2 ------- up0: 192.0.2.1, 2001:db8::1 host ------- jails
///
/// Scripts call `H` for a command on the host, `O` for one outside, and `RUN` for `bailey run` on the host.
struct NetworkLab: Sendable {
    let host: Host

    /// What every script begins with.
    var prelude: String {
        """
        H() { nsenter --net=/run/netns/$N-h "$@"; }
        O() { nsenter --net=/run/netns/$N-o "$@"; }
        RUN() { H $B run --rootfs $R "$@"; }
        await() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.05; done; echo "never: $*" >&2; return 1; }

        """
    }

    fileprivate static let up = """
        ip netns add $N-h; ip netns add $N-o
        for ns in h o; do ip -n $N-$ns link set lo up; done
        ip -n $N-h link add up0 type veth peer name eth0 netns $N-o
        ip -n $N-h address add 192.0.2.1/24 dev up0; ip -n $N-h address add 2001:db8::1/64 dev up0 nodad
        ip -n $N-o address add 192.0.2.2/24 dev eth0; ip -n $N-o address add 2001:db8::2/64 dev eth0 nodad
        ip -n $N-h link set up0 up; ip -n $N-o link set eth0 up
        nsenter --net=/run/netns/$N-h sysctl -qw net.ipv4.ip_forward=0
        for applet in httpd wget nc ip arping udhcpd; do ln -sf busybox $R/bin/$applet; done
        ln -s usr/lib $R/lib; ln -s usr/lib64 $R/lib64
        """

    func output(
        _ script: String,
        timeout: Int = 60,
        _ location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        try await host.output(prelude + script, timeout: timeout, location)
    }

    func expect(
        _ script: String,
        timeout: Int = 60,
        prints expected: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let printed = try await output(script, timeout: timeout, location)
        #expect(printed == expected, sourceLocation: location)
    }

    /// Nothing of Bailey is left in the namespace that plays the host.
    func expectClean(_ location: SourceLocation = #_sourceLocation) async throws {
        let left = """
            for _ in $(seq 60); do
                left=$(H ip -o link | grep -vE ' (lo|up0)[@:]'; H ip neigh show nud permanent | grep -v up0
                    H nft list tables; H ip -o address show dev lo | grep -vE ' (127.0.0.1/8|::1/128) ')
                [ -z "$left" ] && break; sleep 0.1
            done
            echo "$left"
            """
        let printed = try await output(left, location)
        #expect(printed.isEmpty, "left on the host", sourceLocation: location)
    }
}

/// Gives `body` a host of its own with a network; afterwards nothing may be left in it.
func withNetworkLab(
    _ location: SourceLocation = #_sourceLocation,
    _ body: (NetworkLab) async throws -> Void
) async throws {
    try await withHost(location) { host in
        let lab = NetworkLab(host: host)
        _ = try await host.output(NetworkLab.up, location)
        // What a script left running in the background ends with its namespace.
        let down = "for n in h o; do ip netns pids $N-$n | xargs -r kill -9; ip netns delete $N-$n; done"
        do {
            try await body(lab)
            _ = try await lab.output("$B ls -q | xargs -r $B rm --force", location)
            try await lab.expectClean(location)
        } catch {
            _ = try? await host.sh("$B ls -q | xargs -r $B rm --force; " + down)
            throw error
        }
        _ = try await host.output(down, location)
    }
}
