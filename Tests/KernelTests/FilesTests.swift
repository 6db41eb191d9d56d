import Glibc
import LinuxKernel
import Testing

@Suite struct `Files and directories` {
    /// procfs answers mkdir(2) with ENOENT although `/proc` is there.
    @Test func `a directory that cannot be made is an error, not an endless wait`() throws {
        for path in ["/proc/bailey", "/proc/bailey/a/b", "/sys/bailey/a"] {
            #expect(throws: SyscallError.self) { try Files.makeDirectories(path) }
        }
    }

    @Test func `missing parents are made, and what exists stays`() throws {
        let folder = try TemporaryFolder()
        try Files.makeDirectories(folder.path + "/a/b/c", mode: 0o750)
        try Files.makeDirectories(folder.path + "/a/b/c", mode: 0o700)
        #expect(try Files.status(folder.path + "/a/b/c").mode & 0o777 == 0o750)
    }

    @Test func `the start time is found behind a hostile command name`() throws {
        let program = try Program(["/bin/sh", "-c", "printf ') 1 2 (3) ' > /proc/$$/comm; while :; do sleep 0.1; done"])
        var comm = ""
        for _ in 0..<200 where !comm.hasPrefix(") 1") {
            usleep(5000)
            comm = (try? Files.readText("/proc/\(program.pid)/comm")) ?? ""
        }
        #expect(comm.hasPrefix(") 1 2"))
        let ticks = try Processes.startTime(of: program.pid)
        let own = try Processes.startTime(of: Processes.current)
        #expect(ticks >= own)
        #expect(ticks < own + 100 * 3600)
        #expect(throws: SyscallError.self) { try Processes.startTime(of: -5) }
    }
}
