import Networking
import Testing

@Suite("configuration of the web proxy")
struct SiteConfigurationTests {
    @Test func `A site is a server of its own that leads to the jail`() {
        let text = SiteConfiguration.sites([
            Site(name: "a.example", isSecure: false, address: "10.107.0.9", port: 8080, certificate: nil),
            Site(
                name: "b.example",
                isSecure: true,
                address: "[fd00::9]",
                port: 80,
                certificate: ("/c/b.crt", "/c/b.key")
            ),
        ])
        #expect(text.contains("    server_name a.example;\n    limit_conn"))
        #expect(text.contains("proxy_pass http://10.107.0.9:8080;"))
        #expect(text.contains("    listen [::]:443 ssl;\n    server_name b.example;\n    ssl_certificate /c/b.crt;"))
        #expect(text.split(separator: "\n").filter { $0 == "server {" }.count == 2)
    }

    @Test func `Strangers get no tenant's site, and no answer steers the proxy`() {
        for isSecure in [true, false] {
            let text = SiteConfiguration.main(folder: "/run/x", isSecure: isSecure)
            #expect(text.contains("listen 80 default_server;") && text.contains("return 404;"))
            #expect(text.contains("ssl_reject_handshake on;") == isSecure)
            #expect(text.contains("proxy_ignore_headers X-Accel-Redirect"))
            #expect(text.contains("proxy_max_temp_file_size 0;"))
        }
    }
}
