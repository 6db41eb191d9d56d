import Profiles
import Testing

@Suite struct OriginTests {
    @Test func `each value knows who said it`() throws {
        var result = Shelf(files: ["p": Shelf.profile("  resources:\n    memory: { max: 1GiB }\n")]).jail(
            "  extends: [p]\n  environment:\n    TZ: UTC\n  user: www-data\n"
        )
        #expect(result.spec.override("resources.pids.max", with: "64", flag: "--pids").isEmpty)
        let rows = Dictionary(grouping: result.spec.rows, by: \.keyPath)
        func row(_ path: String) throws -> String {
            let row = try #require(rows[path]?.first)
            return "\(row.valueText) \(row.origin)"
        }
        #expect(try row("metadata.name") == "j jail.yaml:3:19")
        #expect(try row("resources.memory.max") == "1GiB shelf/p.yaml:5:20")
        #expect(try row("environment.TZ") == "UTC jail.yaml:7:5")
        #expect(try row("user") == "www-data jail.yaml:8:9")
        #expect(try row("resources.pids.max") == "64 --pids")
        #expect(try row("shm.size") == "64MiB built in")
        #expect(try row("security.seccomp") == "default built in")
        #expect(try row("hostname") == "j jail.yaml:3:19")
    }

    @Test func `rows keep one order`() {
        let paths = JailSpec().rows.map(\.keyPath)
        let keys = ProfileReference.keys.map(\.path)
        let places = paths.compactMap { path in keys.firstIndex { path == $0 || path.hasPrefix($0 + ".") } }
        #expect(places == places.sorted())
        #expect(paths.count > 15)
    }

    @Test func `flags and files share types and messages`() {
        var spec = JailSpec()
        let findings = spec.override("resources.memory.max", with: "512", flag: "--memory")
        #expect(
            findings.map(\.description) == [
                "--memory: error: resources.memory.max: \"512\" is a bare number where a unit belongs, as in 512MiB"
                    + " (did you mean 512MiB?)"
            ]
        )
        #expect(spec.resources.memory.max == nil)
        #expect(spec.override("resources.memory.max", with: "512m", flag: "--memory").isEmpty)
        #expect(spec.resources.memory.max == Setting(.at(ByteCount(512 << 20)), .flag("--memory")))
        #expect(spec.override("resources.memory.mx", with: "1", flag: "-x").first?.suggestion == "resources.memory.max")
    }

    @Test(arguments: [
        ("environment", "TZ=UTC", "environment.TZ", "UTC"),
        (
            "mounts", "/srv:/var/www:ro,noexec", "mounts./var/www",
            "/srv (ro,nosuid,nodev,noexec)"
        ),
        (
            "mounts", "type=tmpfs,target=/run,size=64m,mode=755", "mounts./run",
            "tmpfs (rw,nosuid,nodev,size=64MiB,mode=755)"
        ),
        ("network.publish", "127.0.0.1:8080:80/udp", "network.publish", "127.0.0.1:8080:80/udp"),
        ("network.publish", "http:Shop.example", "network.publish", "http:shop.example:80"),
        ("network.publish", "https:*.shop.example:8080", "network.publish", "https:*.shop.example:8080"),
        ("network.publish", "[::1]:80:80", "network.publish", "[::1]:80:80/tcp"),
        ("security.capabilities.add", "cap_net_admin", "security.capabilities.add", "NET_ADMIN"),
        ("security.devices", "/dev/fuse:r", "security.devices./dev/fuse", "r"),
        (
            "limits", "nofile=1024:2k", "limits.nofile",
            "1024:2k"
        ), ("limits", "core=unlimited", "limits.core", "unlimited"),
        ("sysctls", "net.core.somaxconn=1024", "sysctls.net.core.somaxconn", "1024"),
        ("hosts", "db:10.0.0.7", "hosts.db", "10.0.0.7 db"),
        ("dns.servers", "2001:db8:0:0::1", "dns.servers", "[\"2001:db8::1\"]"),
        ("metadata.labels", "tier=small", "metadata.labels.tier", "small"),
        ("resources.hugetlb", "2MiB=64MiB", "resources.hugetlb.2MiB", "64MiB"),
    ])
    func `an item is added by a flag`(key: String, text: String, path: String, shown: String) throws {
        var spec = JailSpec()
        #expect(spec.add(key, text, flag: "-f").map(\.description) == [])
        let row = try #require(spec.rows.last { $0.keyPath == path && $0.origin == .flag("-f") })
        #expect(row.valueText == shown)
    }

    @Test(arguments: [
        ("environment", "=x"), ("environment", "TZ"), ("mounts", "/a"), ("mounts", "a:/b"), ("mounts", "/a:/b:rx"),
        ("mounts", "/a:/proc/x"), ("mounts", "/a:/"), ("mounts", "/a:/b/../c"), ("mounts", "type=bind,target=/x"),
        ("network.publish", "http:"), ("network.publish", "http:a;b"), ("network.publish", "http:a.example:0"),
        ("network.publish", "http:*"), ("network.publish", "https:a b"), ("network.publish", "http:a.*.example"),
        ("network.publish", "80"), ("network.publish", "1:2:3:4:5"), ("network.publish", "70000:80"),
        ("security.capabilities.drop", "NET_ADMN"), ("security.devices", "/etc/x"), ("limits", "nofile=2:1"),
        ("sysctls", "kernel.core_pattern=x"), ("sysctls", "net..x=1"), ("hosts", "db"), ("dns.servers", "1.2.3"),
        ("dns.servers", "01.2.3.4"), ("metadata.labels", "-x=1"), ("user", "a:b:c"), ("hostname", "a..b"),
        ("stop.signal", "SIGNOPE"), ("stop.signal", "65"), ("nonsense", "x"), ("template", "../x"),
    ])
    func `a flag that is wrong changes nothing`(key: String, text: String) {
        var spec = JailSpec()
        let before = spec.rows
        #expect(spec.add(key, text, flag: "-f").count == 1)
        #expect(spec.rows == before)
    }

    @Test func `items of flags take the place of a file's list together`() {
        var spec = Shelf().jail("  dns: { servers: [192.0.2.1] }\n").spec
        for server in ["192.0.2.2", "192.0.2.3"] { #expect(spec.add("dns.servers", server, flag: "--dns").isEmpty) }
        #expect(spec.dns.servers?.value.map(\.description) == ["192.0.2.2", "192.0.2.3"])
    }

    @Test func `a flag's root replaces a file's, two flags contradict each other`() {
        var spec = Shelf().jail("  template: debian\n").spec
        #expect(spec.override("rootfs", with: "/srv", flag: "--rootfs").isEmpty)
        #expect(spec.template == nil && spec.contradictions().isEmpty)
        #expect(spec.override("template", with: "debian", flag: "--template").isEmpty)
        #expect(spec.contradictions().count == 1)
    }
}
