import Testing

extension EndToEnd {
    @Suite(
        "networks: with the supervisor",
        .serialized,
        .enabled(if: Place.canSupervise, "needs root, the built programs and curl")
    )
    struct NetworkSupervisionTests {
        @Test func `The supervisor tells of refusals, changes rates of running jails, and puts tables back`()
            async throws
        {
            try await withNetworkLab { lab in
                let script = """
                    H \(Place.supervisor ?? "") >>$F/baileyd.log 2>&1 </dev/null & sleep 0.2
                    await curl -s -m 2 --unix-socket $BAILEY_ROOT/run/bailey.sock http://b/v1/version
                    H $B create --name s --rootfs $R --network bridge -p 8080:80 -- httpd -f -h /tmp >/dev/null; H $B start s >/dev/null
                    sleep 6
                    for i in 1 2 3; do H $B exec s nc -w 1 192.0.2.2 25 </dev/null 2>/dev/null; done
                    H $B set s network.egress=4Mbit/s >/dev/null; H ip -o link show type ifb | wc -l
                    sleep 6
                    H nft list tables | grep bailey | while read -r _ family name; do H nft delete table $family $name; done
                    sleep 7
                    H $B events --jail s | grep -o 'network.refused.smtp: [0-9]* more' | awk '{ sum += $2 } END { print sum }'
                    H $B events | grep -o 'network.restored'
                    H nft list tables | wc -l
                    H $B rm --force s >/dev/null
                    for pid in $(ip netns pids $N-h); do [ $(cat /proc/$pid/comm) = baileyd ] && kill $pid; done
                    sleep 1
                    """
                try await lab.expect(script, prints: "1\n3\nnetwork.restored\n2")
            }
        }
    }
}
