import Testing

extension EndToEnd {
    @Suite(
        "networks: web sites by name",
        .serialized,
        .enabled(if: Place.canRunJails, "needs root and the built programs")
    )
    struct NetworkSiteTests {
        /// A jail that serves its own name, published as a site.
        private static let site = """
            site() { printf "apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: $1 }\\nspec: { network: { mode: ${3:-bridge}, publish: [$2] } }\\n" > $F/$1.yaml
                RUN -d -f $F/$1.yaml -- sh -c "mkdir -p /tmp/$1; echo $1 >/tmp/$1/index.html; exec httpd -f -p ${4:-80} -h /tmp/$1" >/dev/null; }
            get() { local code; code=$(O curl -s -m 3 -o $F/body -w '%{http_code}' -H "Host: $1" http://192.0.2.1/)
                [ "$code" = 200 ] && cat $F/body || echo "$code"; }
            """

        @Test func `Names lead to their jails in every mode, others to nobody, and the last takes the proxy along`()
            async throws
        {
            try await withNetworkLab { lab in
                let script = """
                    \(Self.site)
                    site a '{ http: a.example }, { http: "*.a.example" }'; site b '{ http: b.example }' routed; site c '{ http: "C.example:8080" }' shared 8080
                    printf "apiVersion: bailey/v1\\nkind: Jail\\nmetadata: { name: e }\\nspec: { network: { mode: shared, publish: [{ http: e.example }] } }\\n" > $F/e.yaml
                    RUN -f $F/e.yaml -- true 2>&1 | grep -o 'leaves ports 80 and 443'
                    for name in a b c; do await H curl -sf -m 1 -H "Host: $name.example" http://127.0.0.1/; done
                    get a.example; get www.a.example; get b.example; get c.example; get d.example
                    RUN --rm -p 81:80 --publish http:a.example -- true 2>&1 | grep -o 'published by jail a'
                    H $B rm --force a >/dev/null; sleep 0.3; get a.example
                    H $B rm --force b c >/dev/null; sleep 0.5; get b.example
                    pgrep -f $BAILEY_ROOT/run/networks/proxy/nginx.conf | wc -l
                    """
                try await lab.expect(
                    script,
                    prints: """
                        leaves ports 80 and 443
                        a
                        a
                        b
                        c
                        404
                        published by jail a
                        404
                        000
                        0
                        """
                )
            }
        }

        @Test func `No request is dropped while sites come and go`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    \(Self.site)
                    site steady '{ http: steady.example }'
                    await O curl -sf -m 1 -H "Host: steady.example" http://192.0.2.1/
                    O timeout 30 python3 - $F/stop > $F/count <<'PYTHON' &
                    import http.client, os, sys
                    good, bad = 0, []
                    while not os.path.exists(sys.argv[1]):
                        try:
                            connection = http.client.HTTPConnection("192.0.2.1", 80, timeout=5)
                            connection.request("GET", "/", headers={"Host": "steady.example", "Connection": "close"})
                            answer = connection.getresponse(); body = answer.read()
                            if answer.status == 200 and body == b"steady\\n": good += 1
                            else: bad.append((answer.status, body))
                        except Exception as error: bad.append(error)
                    print("steady" if good > 10 else f"only {good}", bad[:3])
                    PYTHON
                    for round in 1 2 3 4; do
                        site "x$round" "{ http: x$round.example }"
                        H $B rm --force "x$round" >/dev/null
                    done
                    touch $F/stop; wait %1; cat $F/count
                    """
                try await lab.expect(script, prints: "steady []")
            }
        }

        @Test func `A site by HTTPS has the operator's certificate, and strangers get none`() async throws {
            try await withNetworkLab { lab in
                let script = """
                    \(Self.site)
                    mkdir -p $BAILEY_ROOT/etc/certificates; cd $BAILEY_ROOT/etc/certificates
                    site s '{ https: s.example }' 2>&1 | grep -o 's.example.crt is not there'
                    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=s.example -addext subjectAltName=DNS:s.example -keyout s.example.key -out s.example.crt 2>/dev/null
                    site s '{ https: s.example }'
                    secure() { O curl -s -m 3 --cacert s.example.crt --resolve $1:443:192.0.2.1 https://$1/ || echo "refused $?"; }
                    await O curl -sf -m 1 --cacert s.example.crt --resolve s.example:443:192.0.2.1 https://s.example/; secure s.example; secure t.example
                    """
                try await lab.expect(script, prints: "s.example.crt is not there\ns\nrefused 35")
            }
        }
    }
}
