import Cgroups
import Glibc
import LinuxKernel
import Testing

@Suite(.enabled(if: CgroupBench.isAvailable || CgroupBench.isUnified, CgroupBench.need))
struct `The life of a real group` {
    @Test(arguments: [false, true])
    func `processes join, pause, go on and are killed, and nothing is left`(_ unifiedCore: Bool) throws {
        let bench = try CgroupBench("life\(unifiedCore)", prefersUnifiedCore: unifiedCore)
        if unifiedCore, bench.hierarchy.unified?.base == nil { return }
        let group = try bench.make()
        let control = CgroupControl(group)
        defer { _ = CgroupRemoval.remove([group]) }
        let program = try Program(["/bin/sh", "-c", "while :; do :; done"])
        try control.attach(program.pid)
        #expect(control.processes() == [program.pid])

        try control.freeze()
        #expect(control.isFrozen() == true)
        let used = CgroupStatistics.read(group).cpu.usage
        usleep(50_000)
        #expect(CgroupStatistics.read(group).cpu.usage == used)
        try control.thaw()
        #expect(control.isFrozen() == false)
        usleep(50_000)
        #expect(try #require(CgroupStatistics.read(group).cpu.usage) > #require(used))
        if unifiedCore { #expect(control.pressure(.cpu)?.some != nil) }

        try control.freeze()
        #expect(control.killAll().isEmpty)
        #expect(program.wait() == 128 + SIGKILL)
        #expect(CgroupRemoval.remove([group]).isEmpty)
        #expect(bench.remains.isEmpty)
    }

    @Test func `removal kills what runs and forks, paused or not`() throws {
        let bench = try CgroupBench("removal")
        let group = try bench.make()
        let fork = "while :; do /bin/true & /bin/sleep 60 & wait $!; done"
        let programs = try (0..<3).map { _ in try Program(in: group, script: fork) }
        usleep(100_000)
        try CgroupControl(group).freeze()
        #expect(CgroupRemoval.remove([group]).isEmpty)
        for program in programs { #expect(program.wait() == 128 + SIGKILL) }
        #expect(bench.remains.isEmpty)
    }

    @Test func `a guest's nested groups go too, however deep, with their processes`() throws {
        let bench = try CgroupBench("nested")
        let group = try bench.make()
        let pids = try #require(group.directory(for: .pids)).path
        // Deeper than a path may be long, with siblings on the way.
        let name = String(repeating: "n", count: 150)
        var level = try Files.open(pids, O_RDONLY | O_DIRECTORY)
        for _ in 0..<60 {
            try Files.makeDirectory(name, at: level.number)
            try Files.makeDirectory("sibling", at: level.number)
            level = try Files.open(name, O_RDONLY | O_DIRECTORY, at: level.number)
        }
        let program = try Program(["/bin/sleep", "60"])
        try CgroupControl(group).attach(program.pid)
        try Files.writeKernelFile("cgroup.procs", "\(program.pid)", at: level.number)
        #expect(CgroupControl(group).processes() == [program.pid])
        #expect(CgroupRemoval.remove([group]).isEmpty)
        #expect(program.wait() == 128 + SIGKILL)
        #expect(bench.remains.isEmpty)
    }

    @Test func `a guest's own frozen group does not keep its processes alive`() throws {
        let bench = try CgroupBench("frozen")
        let group = try bench.make()
        let freezer = try #require(group.directory(for: .freezer))
        let inner = freezer.path + "/inner"
        try Files.makeDirectory(inner)
        let program = try Program(["/bin/sleep", "60"])
        try CgroupControl(group).attach(program.pid)
        try Files.writeKernelFile(inner + "/cgroup.procs", "\(program.pid)")
        if freezer.version == .v1 {
            try Files.writeKernelFile(inner + "/freezer.state", "FROZEN")
        } else {
            try Files.writeKernelFile(inner + "/cgroup.freeze", "1")
        }
        #expect(CgroupRemoval.remove([group]).isEmpty)
        #expect(program.wait() == 128 + SIGKILL)
        #expect(bench.remains.isEmpty)
    }

    @Test func `many groups are removed together, and their parents with the last`() throws {
        let bench = try CgroupBench("batch")
        let groups = try (0..<24).map { try bench.make(.none, "tenant\($0 % 3)/web\($0)") }
        let programs = try groups.map { try Program(in: $0, script: "exec /bin/sleep 60") }
        usleep(200_000)
        #expect(CgroupRemoval.remove(Array(groups.dropLast())).isEmpty)
        #expect(ControlGroup.existing("\(bench.folder)/tenant0", in: bench.hierarchy).directories.isEmpty)
        #expect(!ControlGroup.existing("\(bench.folder)/tenant2/web23", in: bench.hierarchy).directories.isEmpty)
        #expect(CgroupRemoval.remove(groups).isEmpty)
        for program in programs { #expect(program.wait() == 128 + SIGKILL) }
        #expect(bench.remains.isEmpty)
    }

    @Test func `a creation that fails leaves nothing behind`() throws {
        let bench = try CgroupBench("failure")
        var plan = try bench.planner.plan(.with { $0.memoryMax = 1 << 30 }, path: "\(bench.folder)/acme/web1")
        let last = plan.directories.count - 1
        plan.directories[last].writes.append(CgroupWrite("no.such.file", "1", knob: .cpuMax))
        let error = #expect(throws: CgroupError.self) { try CgroupCreation.create(plan) }
        #expect(error?.description.hasPrefix("set resources.cpu.max in \(plan.directories[last].path): ") == true)
        #expect(bench.remains.isEmpty)
        let wrong = plan.directories[last].writes.count - 1
        plan.directories[last].writes[wrong].optional = true
        #expect(try CgroupCreation.create(plan).map(\.knob) == [.cpuMax])
        #expect(CgroupRemoval.remove([plan.group]).isEmpty)
    }

    @Test func `a group that is there is refused, or adopted when asked`() throws {
        let bench = try CgroupBench("adopt")
        let group = try bench.make()
        defer { _ = CgroupRemoval.remove([group]) }
        let plan = try bench.planner.plan(.with { $0.pidsMax = 5 }, path: "\(bench.folder)/acme/web1")
        let path = try #require(group.directories.first).path
        #expect(throws: CgroupError.exists(path: path)) { try CgroupCreation.create(plan) }
        try CgroupCreation.create(plan, adopting: true)
        #expect(CgroupReading.readings(of: plan).map(\.holds) == [true])
        #expect(
            ControlGroup.existing("\(bench.folder)/acme/web1", in: bench.hierarchy).directories.count
                >= group.directories.count
        )
    }
}
