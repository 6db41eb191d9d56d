import Cgroups
import Glibc
import LinuxKernel
import Testing

/// v2 steps that this kind of test cannot take in the real root cgroup, on plain files that stand for control files.
@Suite struct `Steps on v2, on files of their own` {
    /// A directory tree with the files a v2 kernel would show.
    private struct Tree {
        let root: String

        init(_ name: String) throws {
            root = "/tmp/bailey-test-\(getpid())-\(name)"
            for path in ["", "/bailey", "/bailey/acme", "/bailey/acme/web1", "/bailey/acme/web2"] {
                try Files.makeDirectories(root + path)
                for file in ["cgroup.subtree_control", "cgroup.controllers", "cgroup.procs", "pids.max"] {
                    try Files.replace("\(root)\(path)/\(file)", with: [])
                }
                for file in ["memory.min", "memory.low"] { try set(path, file, "0") }
            }
        }

        func set(_ path: String, _ file: String, _ text: String) throws {
            try Files.replace("\(root)\(path)/\(file)", with: Array(text.utf8))
        }

        func get(_ path: String, _ file: String) throws -> String { try Files.readText("\(root)\(path)/\(file)") }

        func planner(_ controllers: Set<Controller>) -> CgroupPlanner {
            let tree = UnifiedTree(mount: root, base: root, controllers: controllers)
            return CgroupPlanner(
                hierarchy: CgroupHierarchy(unified: tree),
                probe: CgroupProbe(feature: { _ in .present })
            )
        }
    }

    @Test func `a guarantee is carried up through the parents as the sum of the children`() throws {
        let tree = try Tree("protection")
        defer { try? Files.removeTree(tree.root) }
        try tree.set("/bailey/acme/web2", "memory.min", "2000000")
        let plan = try tree.planner([.memory]).plan(.with { $0.memoryMin = 1_000_000 }, path: "bailey/acme/web1")
        try CgroupCreation.create(plan, adopting: true)
        #expect(try tree.get("/bailey/acme/web1", "memory.min") == "1000000")
        #expect(try tree.get("/bailey/acme", "memory.min") == "3000000")
        #expect(try tree.get("/bailey", "memory.min") == "3000000")
        #expect(try tree.get("", "memory.min") == "0", "the delegated root is not Bailey's")
        #expect(try tree.get("/bailey", "memory.low") == "0")
    }

    @Test func `controllers are enabled along the path, and only those that are not on`() throws {
        let tree = try Tree("enable")
        defer { try? Files.removeTree(tree.root) }
        try tree.set("", "cgroup.subtree_control", "pids io")
        let plan = try tree.planner([.memory, .pids]).plan(.with { $0.pidsMax = 5 }, path: "bailey/acme/web1")
        try CgroupCreation.create(plan, adopting: true)
        // A plain file keeps the tail of what was there before; the kernel would merge.
        #expect(try tree.get("", "cgroup.subtree_control").hasPrefix("+memory"))
        #expect(try tree.get("/bailey", "cgroup.subtree_control") == "+pids +memory")
        #expect(try tree.get("/bailey/acme", "cgroup.subtree_control") == "+pids +memory")
        #expect(try tree.get("/bailey/acme/web1", "cgroup.subtree_control") == "")
        #expect(try tree.get("/bailey/acme/web1", "pids.max") == "5")
    }
}

@Suite struct `Removal of what is not ours to kill, on files of their own` {
    private func fake(_ name: String, files: [String: String]) throws -> ControlGroup {
        let directory = CgroupDirectory(
            version: .v1,
            controllers: [.pids],
            root: "/tmp",
            name: "bailey-test-\(getpid())-\(name)"
        )
        try Files.makeDirectory(directory.path)
        for (file, text) in files { try Files.replace("\(directory.path)/\(file)", with: Array(text.utf8)) }
        return ControlGroup(directories: [directory])
    }

    @Test func `the caller is spared, and what stays is reported with its processes`() throws {
        let group = try fake("self", files: ["cgroup.procs": "\(getpid())\n"])
        defer { try? Files.removeTree(group.directories[0].path) }
        let left = CgroupRemoval.remove([group], timeout: 5000)
        #expect(left.map(\.path) == group.directories.map(\.path))
        #expect(left.map(\.cause.errno) == [ENOTEMPTY])
        #expect(left.first?.processes == [getpid()])
        #expect(throws: CgroupError.self) { try CgroupControl(group).freeze() }
    }

    @Test func `the root of a hierarchy is never killed`() throws {
        let program = try Program(["/bin/sleep", "60"])
        let group = try fake("root", files: ["cgroup.procs": "\(program.pid)", "cgroup.sane_behavior": "0"])
        defer { try? Files.removeTree(group.directories[0].path) }
        #expect(CgroupRemoval.remove([group], timeout: 5000).count == 1)
        #expect(CgroupControl(group).killAll(timeout: 1000) == [program.pid])
        #expect(kill(program.pid, 0) == 0)
        #expect(try Files.readText("/proc/\(program.pid)/stat").contains(" S "))
    }
}
