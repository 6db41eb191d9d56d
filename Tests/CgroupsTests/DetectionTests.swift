import Testing

@testable import Cgroups

@Suite struct `Finding cgroup mounts` {
    @Test func `controllers on mounts of their own, beside a v2 tree`() {
        let table = MountTable(
            mountInfo: """
                23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
                31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
                32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
                38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime shared:7 master:2 - cgroup cgroup rw,blkio
                40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
                41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
                """
        )
        #expect(table.legacyPoints == [.cpu: "/sys/fs/cgroup/cpu", .io: "/sys/fs/cgroup/blkio"])
        #expect(table.unifiedMount?.point == "/sys/fs/cgroup/unified")
    }

    @Test func `one mount serves several controllers`() {
        let table = MountTable(mountInfo: "32 31 0:29 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct")
        #expect(table.legacyPoints == [.cpu: "/cg/cpu,cpuacct", .cpuacct: "/cg/cpu,cpuacct"])
    }

    @Test func `a v2 host has no v1 controllers`() {
        let table = MountTable(mountInfo: "41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw")
        #expect(table.legacyPoints.isEmpty)
        #expect(CgroupHierarchy(legacy: table.legacyPoints).version == .v2)
    }

    @Test func `a writable mount of the whole hierarchy is preferred`() {
        let table = MountTable(
            mountInfo: """
                1 0 0:1 /docker/x /part rw - cgroup cgroup rw,memory
                2 0 0:1 / /readonly ro - cgroup cgroup rw,memory
                3 0 0:1 / /whole rw - cgroup cgroup rw,memory
                """
        )
        #expect(table.legacyPoints == [.memory: "/whole"])
    }

    @Test func `a later mount on the same point hides the earlier one, and escapes are read`() {
        let table = MountTable(
            mountInfo: """
                1 0 0:1 / /a\\040b rw - cgroup cgroup rw,memory
                2 0 0:1 / /a\\040b rw - cgroup cgroup rw,pids
                """
        )
        #expect(table.legacyPoints == [.pids: "/a b"])
    }

    @Test(arguments: [
        "", "\n\n", "garbage", "1 2 3 4 5 6 7 8 9", "- - - - - - - - -", "1 0 0:1 / /x rw -",
        "1 0 0:1 / /x rw - cgroup",
        "1 0 0:1 / /x\\9 rw - cgroup", "\u{0}\u{0} \u{FFFD}", "1 0 0:1 / /x rw - cgroup cgroup",
        "a b c d e f g - cgroup2",
    ])
    func `text of another form has no mounts`(_ text: String) {
        let table = MountTable(mountInfo: text)
        #expect(table.legacy.isEmpty && table.unified.isEmpty)
    }
}

extension MountTable {
    fileprivate init(mountInfo text: String) {
        self.init(mountInfo: Array(text.utf8))
    }
}

@Suite struct `Finding the delegated cgroup` {
    private func base(own: String?, user: UInt32, owners: [String: UInt32], writable: Bool = true) -> String? {
        Delegation(mount: "/cg", isWritable: writable, own: own, user: user, owner: { owners[$0] }).base
    }

    @Test func `real root takes the root cgroup`() {
        #expect(base(own: "/system.slice/sshd.service", user: 0, owners: ["/cg": 0]) == "/cg")
    }

    @Test func `a user takes the topmost cgroup around the process that is theirs`() {
        let owners: [String: UInt32] = [
            "/cg": 0, "/cg/user.slice": 0, "/cg/user.slice/user@7.service": 7, "/cg/user.slice/user@7.service/a": 7,
        ]
        let own = "/user.slice/user@7.service/a"
        #expect(base(own: own, user: 7, owners: owners) == "/cg/user.slice/user@7.service")
    }

    @Test func `a session that nobody delegated gets nothing`() {
        #expect(base(own: "/user.slice/session-2.scope", user: 7, owners: ["/cg": 0, "/cg/user.slice": 0]) == nil)
        #expect(base(own: "/", user: 0, owners: ["/cg": 0], writable: false) == nil)
        // Root of a user namespace whose host root is not mapped: 65534 owns the mount.
        #expect(base(own: nil, user: 0, owners: ["/cg": 65534]) == nil)
    }

    @Test func `the own cgroup is relative to the mount`() {
        #expect(Delegation.ownCgroup("9:name=systemd:/x\n0::/a/b\n", mountRoot: "/") == "/a/b")
        #expect(Delegation.ownCgroup("0::/pods/x/y", mountRoot: "/pods/x") == "/y")
        #expect(Delegation.ownCgroup("0::/pods/x", mountRoot: "/pods/x") == "/")
        #expect(Delegation.ownCgroup("0::/other", mountRoot: "/pods/x") == nil)
        #expect(Delegation.ownCgroup("0::/../a", mountRoot: "/") == nil)
        #expect(Delegation.ownCgroup("0::/a (deleted)", mountRoot: "/") == nil)
        #expect(Delegation.ownCgroup("1:cpu:/a", mountRoot: "/") == nil)
    }
}
