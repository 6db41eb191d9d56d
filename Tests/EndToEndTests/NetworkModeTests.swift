import Testing

extension EndToEnd {
    @Suite(
        "networks: macvlan, host and none",
        .serialized,
        .enabled(if: Place.canRunJails, "needs root and the built programs")
    )
    struct NetworkModeTests {
        @Test func `A macvlan jail is a machine of its own on the host's wire`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    mkdir -p $BAILEY_ROOT/etc/networks
                    printf 'apiVersion: bailey/v1\\nkind: Network\\nspec: { mode: macvlan, parent: up0, addresses: [192.0.2.0/24, 2001:db8::/64], gateways: [192.0.2.2] }\\n' > $BAILEY_ROOT/etc/networks/wire.yaml
                    RUN -d --name m --cap-add NET_RAW --network wire --ip 192.0.2.77 -- sh -c 'mkdir /tmp/w; echo m >/tmp/w/index.html; exec httpd -f -h /tmp/w' >/dev/null
                    await O timeout 1 busybox wget -qO- http://192.0.2.77/
                    O timeout 3 busybox wget -qO- http://192.0.2.77/
                    O timeout 3 busybox wget -qO- 'http://[2001:db8::4d]/'
                    O ip -4 neigh show 192.0.2.77 | grep -oE '02:ba:c0:00:02:4d'
                    H $B exec m ip route | grep -o 'default via 192.0.2.2'
                    H $B exec m ping -c 1 -W 1 192.0.2.2 2>&1 | grep -o '1 packets received'
                    H nft list tables | wc -l
                    H $B network inspect wire | grep -c '^m '
                    """
                try await lab.expect(
                    script,
                    prints: """
                        m
                        m
                        02:ba:c0:00:02:4d
                        default via 192.0.2.2
                        1 packets received
                        0
                        1
                        """
                )
            }
        }

        @Test func `Public addresses are routed as they are, and rules hold what comes in`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    mkdir -p $BAILEY_ROOT/etc/networks
                    printf 'apiVersion: bailey/v1\\nkind: Network\\nspec: { mode: routed, nat: false, addresses: [198.51.100.0/24] }\\n' > $BAILEY_ROOT/etc/networks/public.yaml
                    O ip route add 198.51.100.0/24 via 192.0.2.1
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: p }\\nspec: { network: { name: public, addresses: [198.51.100.9], ingress: { policy: deny, rules: ["allow tcp 80"] } } }\\n' > $F/p.yaml
                    RUN -d -f $F/p.yaml -- sh -c 'mkdir /tmp/w; echo p >/tmp/w/index.html; httpd -h /tmp/w; exec httpd -f -p 81 -h /tmp/w' >/dev/null
                    await O timeout 1 busybox wget -qO- http://198.51.100.9/
                    O timeout 3 busybox wget -qO- http://198.51.100.9/
                    O timeout 1 busybox wget -qO- http://198.51.100.9:81/ || echo closed
                    O timeout 10 python3 -c '
                    import socket
                    s = socket.create_server(("192.0.2.2", 7000)); c, peer = s.accept(); c.sendall(peer[0].encode()); c.close()' & sleep 0.5
                    H $B exec p sh -c 'nc 192.0.2.2 7000 </dev/null'; echo
                    H $B network inspect public | grep -oE 'ingress [0-9]+' | cut -d' ' -f1
                    """
                try await lab.expect(script, prints: "p\nclosed\n198.51.100.9\ningress")
            }
        }

        @Test func `Mode host is the host's network as a process without privileges sees it`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    H timeout 20 busybox httpd -f -p 127.0.0.1:9998 & sleep 0.3
                    RUN -d --name h --network host -- sh -c 'mkdir /tmp/w; echo h >/tmp/w/index.html; exec httpd -f -p 8081 -h /tmp/w' >/dev/null
                    await O timeout 1 busybox wget -qO- http://192.0.2.1:8081/
                    O timeout 3 busybox wget -qO- http://192.0.2.1:8081/
                    H $B exec h wget -qO- http://127.0.0.1:9998/none 2>&1 | grep -o 404
                    H $B exec h ip link set up0 down 2>&1 | grep -o 'not permitted'
                    H $B exec h ip address add 192.0.2.9/24 dev up0 2>&1 | grep -o 'not permitted'
                    H nft list tables | wc -l
                    kill %1
                    """
                try await lab.expect(script, prints: "h\n404\nnot permitted\nnot permitted\n0")
            }
        }

        @Test(
            "Abstract unix sockets of the host are closed to a jail in its network namespace",
            arguments: ["host", "shared"]
        )
        func abstractSockets(mode: String) async throws {
            try await withNetworkLab { lab in
                let script = """
                    cat > $R/tmp/probe.py <<'PYTHON'
                    import errno, socket, sys
                    with socket.socket(socket.AF_UNIX) as own, socket.socket(socket.AF_UNIX) as client:
                        own.bind("\\0bailey-own-" + sys.argv[1]); own.listen(); client.connect("\\0bailey-own-" + sys.argv[1]); print("own")
                    with socket.socket(socket.AF_UNIX) as client:
                        try: client.connect("\\0bailey-host-" + sys.argv[1]); print("reached")
                        except OSError as error: print(errno.errorcode[error.errno])
                    PYTHON
                    H timeout 30 python3 -c '
                    import socket, sys
                    s = socket.socket(socket.AF_UNIX); s.bind("\\0bailey-host-" + sys.argv[1]); s.listen()
                    while True: s.accept()' $N & sleep 0.5
                    RUN --rm -v /usr:/usr:ro --network \(mode) -- /usr/bin/python3 /tmp/probe.py $N
                    kill %1
                    """
                try await lab.expect(script, prints: "own\nEPERM")
            }
        }

        @Test func `A jail without a network has its loopback alone`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    RUN --rm --cap-add NET_RAW -- sh -c 'ip -o link | cut -d: -f2; ping -c 1 127.0.0.1 | grep -o "1 packets received"; ping -c 1 -W 1 192.0.2.1 2>&1 | grep -o unreachable'
                    """
                try await lab.expect(script, prints: "lo\n1 packets received\nunreachable")
            }
        }
    }
}
