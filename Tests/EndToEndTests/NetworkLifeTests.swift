import Testing

extension EndToEnd {
    @Suite(
        "networks: life",
        .serialized,
        .enabled(if: Place.canRunJails, "needs root and the built programs")
    )
    struct NetworkLifeTests {
        @Test func `A killed launcher leaves nothing that the next command does not remove`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    RUN -d --name k --network bridge -p 8080:80 -- sleep 60 >/dev/null
                    pid=$($B inspect k | grep -o '"pid":[0-9]*' | cut -d: -f2)
                    kill -9 $(ps -o ppid= -p $pid); sleep 0.3
                    H $B doctor >/dev/null || true
                    H nft list tables | wc -l; ls $BAILEY_ROOT/run/networks/users | wc -l
                    """
                try await lab.expect(script, prints: "0\n0")
                try await lab.expectClean()
            }
        }

        @Test(
            .disabled(
                "red in one run of three: a table and a bridge stay; the clean-up of a killed start misses a moment"
            )
        )
        func `A start that is killed at any moment leaves nothing, or all of a jail`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    for delay in 002 005 010 015 020 025 030 035 040 050 060 080; do
                        nsenter --net=/run/netns/$N-h $B run -d --name k$delay --rootfs $R --network bridge -p 8080:80 -- sleep 60 >/dev/null 2>&1 & start=$!
                        sleep 0.$delay; kill -9 $start 2>/dev/null; wait $start 2>/dev/null
                        # One port: what a start before had left would be in the way of the next, or this one would not work.
                        H $B ls -q | xargs -r $B rm --force >/dev/null 2>&1
                        H $B doctor >/dev/null || true
                    done
                    for _ in $(seq 50); do [ -z "$(H nft list tables)$(ls $BAILEY_ROOT/run/networks/users)" ] && break; sleep 0.1; done
                    H nft list tables; ls $BAILEY_ROOT/run/networks/users; find $BAILEY_ROOT/lib/networks -name '[0-9a-f]*' -path '*/addresses/*' | wc -l
                    RUN -d --name last --network bridge -p 8080:80 -- sh -c 'mkdir /tmp/w; echo last >/tmp/w/index.html; exec httpd -f -h /tmp/w' >/dev/null
                    await O timeout 1 busybox wget -qO- http://192.0.2.1:8080/; O timeout 3 busybox wget -qO- http://192.0.2.1:8080/
                    """
                try await lab.expect(script, prints: "0\nlast")
            }
        }

        @Test func `Forwarding that was off is off again after the last jail, and strangers are not routed meanwhile`()
            async throws
        {
            try await withNetworkLab { lab in
                let script = """
                    forwarding() { H cat /proc/sys/net/ipv4/ip_forward; }
                    forwarding
                    RUN -d --name f --network bridge -- sleep 60 >/dev/null; forwarding
                    H ip link add far type veth peer name near; H ip address add 198.51.100.1/24 dev far; H ip link set far up; H ip link set near up
                    O ip route add 198.51.100.0/24 via 192.0.2.1
                    table=$(H nft list tables inet | cut -d' ' -f3)
                    H nft list chain inet $table forward | grep -c 'drop'
                    H ip link delete far
                    H $B rm --force f >/dev/null; forwarding
                    """
                try await lab.expect(script, prints: "0\n1\n2\n0")
            }
        }

        @Test func `Tables removed by hand come back with every jail in them`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    RUN -d --name r --network bridge -p 8080:80 -- sh -c 'mkdir /tmp/w; echo r >/tmp/w/index.html; exec httpd -f -h /tmp/w' >/dev/null
                    await O timeout 1 busybox wget -qO- http://192.0.2.1:8080/
                    H nft add table inet theirs
                    H nft list tables | grep bailey | while read -r _ family name; do H nft delete table $family $name; done
                    O timeout 1 busybox wget -qO- http://192.0.2.1:8080/ 2>/dev/null || echo closed
                    H $B network restore; H $B network restore
                    O timeout 3 busybox wget -qO- http://192.0.2.1:8080/
                    H nft list tables | grep -c theirs; H nft delete table inet theirs
                    """
                try await lab.expect(script, prints: "closed\nrestored\nnothing was missing\nr\n1")
            }
        }

        @Test func `doctor names what stands in the way of networks`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    H $B doctor | grep -cE 'has an address in its range|drops forwarded packets'
                    H ip address add 10.107.5.1/24 dev up0
                    H nft add table inet theirs; H nft add chain inet theirs forward '{ type filter hook forward priority 0; policy drop; }'
                    H $B doctor | grep -oE 'up0 has an address in its range|its chain forward drops forwarded packets'
                    H $B doctor | grep -oE 'forwarding +ok +off'
                    H nft delete table inet theirs
                    """
                let printed = try await lab.output(script)
                #expect(printed.contains("up0 has an address in its range"), "\(printed)")
                #expect(printed.contains("its chain forward drops forwarded packets"), "\(printed)")
                #expect(printed.hasPrefix("0\n"), "\(printed)")
            }
        }

        @Test func `A fixed address is given, and to one jail alone`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    RUN -d --name one --network bridge --ip 10.107.0.9 -- sleep 60 >/dev/null
                    H $B exec one ip -4 -o address show dev eth0 | grep -o '10.107.0.9/32'
                    RUN --rm --network bridge --ip 10.107.0.9 -- true 2>&1 | grep -o 'it is in use'
                    RUN --rm --network bridge --ip 10.9.9.9 -- true 2>&1 | grep -o 'not in its range'
                    H $B network inspect default | grep -c '^one '
                    """
                try await lab.expect(script, prints: "10.107.0.9/32\nit is in use\nnot in its range\n1")
            }
        }

        @Test func `A network from a file has the range and the services that it says`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    mkdir -p $BAILEY_ROOT/etc/networks
                    printf 'apiVersion: bailey/v1\\nkind: Network\\nspec: { mode: bridge, addresses: [172.30.0.0/24], services: ["9999/tcp"] }\\n' > $BAILEY_ROOT/etc/networks/shop.yaml
                    H timeout 20 busybox httpd -f -p 9999 & sleep 0.3
                    RUN --rm --network shop -- sh -c 'ip -4 -o address show dev eth0 | grep -oE "172\\.30\\.0\\.[0-9]+/32" | cut -d. -f1-3; timeout 3 wget -qO- http://172.30.0.1:9999/none 2>&1 | grep -o 404'
                    H $B network ls | grep -oE '^shop +bridge'
                    RUN --rm --network shpo -- true 2>&1 | grep -o 'did you mean shop'
                    kill %1
                    """
                try await lab.expect(script, prints: "172.30.0\n404\nshop     bridge\ndid you mean shop")
            }
        }

        @Test func `nft lists the rules, and no tool is started for them`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    PATH=/nonexistent; export PATH
                    /usr/bin/nsenter --net=/run/netns/$N-h $B run -d --name n --rootfs $R --network bridge -p 8080-8090:80-90 -- sleep 60 >/dev/null
                    PATH=/usr/sbin:/usr/bin:/sbin:/bin
                    H nft -j list ruleset | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["nftables"]) > 100)'
                    H nft list ruleset | grep -c '8090 :'
                    """
                try await lab.expect(script, prints: "True\n2")
            }
        }
    }
}
