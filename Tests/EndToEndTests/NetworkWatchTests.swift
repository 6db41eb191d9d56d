import Testing

extension EndToEnd {
    @Suite(
        "networks: rules, refusals, allowances, rates",
        .serialized,
        .enabled(if: Place.canRunJails, "needs root and the built programs")
    )
    struct NetworkWatchTests {
        @Test func `Every refused packet can be traced to its jail and its reason`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    listening() { await H grep -q . /proc/net/netfilter/nfnetlink_log; }
                    RUN -d --name t --network bridge -- sleep 60 >/dev/null
                    H timeout 20 $B network trace -n 2 t > $F/trace & listening
                    H $B network trace -n 1 2>&1 | grep -o 'another trace listens'
                    H $B exec t sh -c 'nc -w 1 192.0.2.2 25 </dev/null; nc -w 1 192.0.2.1 9999 </dev/null' 2>/dev/null
                    wait %1
                    RUN -d --name liar --cap-add NET_ADMIN --cap-add NET_RAW --network bridge -- sleep 60 >/dev/null
                    H timeout 10 $B network trace -n 1 liar > $F/liar & listening
                    H $B exec liar ip address add 10.107.0.77/32 dev eth0; H $B exec liar ping -c 1 -W 1 -I 10.107.0.77 192.0.2.2 >/dev/null; sleep 0.5
                    grep -oE '^liar  spoof' $F/liar | tr -s ' '
                    grep -oE '^t  smtp  tcp  10\\.107\\.[0-9.]+:[0-9]+ -> 192\\.0\\.2\\.2:25' $F/trace | sed -E 's/10\\.107[^ ]*/OWN/'
                    grep -oE '^t  host  tcp  .* -> 192\\.0\\.2\\.1:9999' $F/trace | sed -E 's/10\\.107[^ ]*/OWN/'
                    """
                try await lab.expect(
                    script,
                    prints: """
                        another trace listens
                        liar spoof
                        t  smtp  tcp  OWN -> 192.0.2.2:25
                        t  host  tcp  OWN -> 192.0.2.1:9999
                        """
                )
            }
        }

        @Test func `A watcher tells of refusals, puts tables back, and ends with none left over`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    RUN -d --name w --network bridge -- sleep 60 >/dev/null
                    H timeout 6 $B network watch --every 200ms --json > $F/events & sleep 1
                    for i in 1 2 3; do H $B exec w nc -w 1 192.0.2.2 25 </dev/null 2>/dev/null; done; sleep 1
                    H nft list tables | grep bailey | while read -r _ family name; do H nft delete table $family $name; done
                    sleep 1; kill %1; wait %1 2>/dev/null
                    python3 - $F/events <<'PYTHON'
                    import json, sys
                    events = [json.loads(line) for line in open(sys.argv[1])]
                    print(sum(e["count"] for e in events if (e["jail"], e["kind"]) == ("w", "network.refused.smtp")))
                    print(sum(e["kind"] == "network.restored" for e in events))
                    PYTHON
                    """
                try await lab.expect(script, prints: "3\n1")
            }
        }

        @Test func `An allowance is told at 80 and 100 percent, blocks, and begins anew with its period`() async throws
        {
            try await withNetworkLab { lab in
                let script = """
                    head -c 1000000 /dev/zero > $F/million; O timeout 60 busybox httpd -f -p 7000 -h $F & sleep 0.3
                    cat > $F/j.yaml <<'YAML'
                    apiVersion: bailey/v1
                    kind: Jail
                    metadata: { name: spent }
                    spec:
                      resources: { network: { transfer: 1200KiB/month } }
                      network: { mode: bridge }
                    YAML
                    RUN -d -f $F/j.yaml -- sleep 60 >/dev/null
                    get() { H $B exec spent timeout 3 wget -qO /tmp/x http://192.0.2.2:7000/million 2>/dev/null && echo got || echo nothing; }
                    look() { H $B network watch --once | cut -d' ' -f3; }
                    look; get; look; look; get; look; get
                    note=$BAILEY_ROOT/lib/jails/spent/transfer; read -r key base warned < $note; echo $warned
                    # As if the month before had been noted.
                    echo "month-1 $base $warned" > $note
                    look; get; look
                    kill %1
                    """
                try await lab.expect(
                    script,
                    prints: """
                        got
                        network.transfer.80
                        nothing
                        network.transfer.100
                        nothing
                        100
                        network.transfer.period
                        got
                        network.transfer.80
                        """
                )
            }
        }

        @Test func `Rates are changed while a jail runs, and what was made for them goes`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    head -c 1000000 /dev/zero > $F/million; O timeout 40 busybox httpd -f -p 7000 -h $F & sleep 0.3
                    cp $F/million $R/tmp/
                    RUN -d --name r --network bridge -p 8080:80 -- httpd -f -h /tmp >/dev/null
                    await O timeout 1 busybox wget -qO /dev/null http://192.0.2.1:8080/million
                    milliseconds() { local start=$(date +%s%3N); "$@"; echo $(($(date +%s%3N) - start)); }
                    measure() {
                        local down=$(milliseconds H $B exec r wget -qO /dev/null http://192.0.2.2:7000/million)
                        local up=$(milliseconds O busybox wget -qO /dev/null http://192.0.2.1:8080/million)
                        # Eight megabits at two a second: four seconds, less the burst; an unshaped link takes a hundredth.
                        [ $down -gt 2500 ] && [ $up -gt 2500 ] && echo slow && return
                        [ $down -lt 2500 ] && [ $up -lt 2500 ] && echo fast || echo $down $up
                    }
                    measure
                    H $B network shape r --ingress 2Mbit/s --egress 2Mbit/s; measure
                    H $B network shape r --ingress 800Mbit/s --egress 800Mbit/s; measure
                    H $B network shape r --ingress unlimited --egress unlimited; measure
                    H ip -o link show type ifb | wc -l
                    H $B network shape r --egress 4Mbit/s; H ip -o link show type ifb | wc -l
                    H $B network shape r --egress fast 2>&1 | grep -q -e --egress && echo refused
                    kill %1
                    """
                try await lab.expect(script, prints: "fast\nslow\nfast\nfast\n0\n1\nrefused")
            }
        }

        @Test func `Rules name sets of addresses`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    O ip address add 192.0.2.3/24 dev eth0
                    O timeout 30 busybox httpd -f -p 7001 -h / & sleep 0.3
                    mkdir -p $BAILEY_ROOT/etc/addresses
                    printf '# the office\\n192.0.2.2\\n2001:db8::/64 # and its version 6\\n' > $BAILEY_ROOT/etc/addresses/office
                    printf 'apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: ruled }\\nspec:\\n  network: { mode: bridge, egress: { policy: deny, rules: ["allow tcp @office 7001"] } }\\n' > $F/j.yaml
                    for address in 192.0.2.2 192.0.2.3 '[2001:db8::2]'; do
                        RUN --rm -f $F/j.yaml -- timeout 3 wget -qO- http://$address:7001/none 2>&1 | grep -oE 'refused|404|prohibited'
                    done
                    sed -i s/@office/@ofice/ $F/j.yaml; RUN --rm -f $F/j.yaml -- true 2>&1 | grep -o 'addresses of @ofice'
                    sed -i s/@ofice/@..\\\\/x/ $F/j.yaml; RUN --rm -f $F/j.yaml -- true 2>&1 | grep -o 'not the name of a set'
                    echo nonsense >> $BAILEY_ROOT/etc/addresses/office; sed -i 's/@[^ ]*/@office/' $F/j.yaml
                    RUN --rm -f $F/j.yaml -- true 2>&1 | grep -o 'office:4 is not an address'
                    kill %1
                    """
                try await lab.expect(
                    script,
                    prints: "404\nrefused\n404\naddresses of @ofice\nnot the name of a set\noffice:4 is not an address"
                )
            }
        }

        @Test func `A jail has no more connections, and begins no more in a second, than it may`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    O timeout 30 python3 -c '
                    import socket
                    s = socket.create_server(("", 7000), backlog=200); kept = []
                    while True: kept.append(s.accept())' & sleep 0.5
                    cat > $R/tmp/open.py <<'PYTHON'
                    import socket, sys
                    kept, refused = [], 0
                    for _ in range(int(sys.argv[1])):
                        try: kept.append(socket.create_connection(("192.0.2.2", 7000), 2))
                        except OSError: refused += 1
                    print(len(kept), refused)
                    PYTHON
                    jail() { printf "apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: $1 }\\nspec: { network: { mode: bridge, connections: { $2 } } }\\n" > $F/$1.yaml; }
                    jail most 'max: 20'; jail rate 'rate: 10/s'
                    RUN --rm -f $F/most.yaml -v /usr:/usr:ro -- /usr/bin/python3 /tmp/open.py 30
                    RUN -d -f $F/rate.yaml -v /usr:/usr:ro -- sleep 60 >/dev/null
                    H $B exec rate /usr/bin/python3 /tmp/open.py 60 | { read -r kept refused; [ $kept -ge 10 ] && [ $kept -le 30 ] && [ $refused -ge 30 ] && echo limited || echo $kept $refused; }
                    H $B network inspect default | grep -oE 'connections [0-9]+' | { read -r _ count; [ $count -ge 30 ] && echo counted; }
                    kill %1
                    """
                try await lab.expect(script, prints: "20 10\nlimited\ncounted")
            }
        }
    }
}
