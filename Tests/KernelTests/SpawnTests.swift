import Glibc
import LinuxKernel
import Testing

@Suite struct `Programs that are spawned` {
    /// Runs `ls /proc/self/fd` as `start` has it; ls itself opens one descriptor more.
    private func listing(_ folder: borrowing TemporaryFolder, _ start: (Int32) throws -> Void) throws -> Set<Int32> {
        let path = folder.path + "/listing"
        let output = try Files.open(path, O_WRONLY | O_CREAT | O_TRUNC)
        try start(output.number)
        return Set(try Files.readText(path).split(separator: "\n").compactMap { Int32($0) })
    }

    @Test func `a program gets the descriptors it is given, and no other`() throws {
        let folder = try TemporaryFolder()
        let careless = try folder.open()
        let high = OwnedDescriptor(owning: fcntl(careless.number, F_DUPFD, 200))
        try careless.keepAcrossExec()

        // The counter is proved first: started the careless way, the program sees both.
        let leaked = try listing(folder) { _ in
            let script = "ls /proc/self/fd > '\(folder.path)/listing'"
            let status = try Program(["/bin/sh", "-c", script]).wait()
            #expect(status == 0)
        }
        #expect(leaked.isSuperset(of: [careless.number, high.number]))

        let null = try Files.open("/dev/null", O_RDWR)
        let seen = try listing(folder) { output in
            let child = try Processes.spawn(
                "/bin/ls",
                ["ls", "/proc/self/fd"],
                [],
                descriptors: [(null.number, 0), (output, 1), (null.number, 2), (careless.number, 300)]
            )
            let status = try Processes.reap(child.pid)
            #expect(status.exitCode == 0)
        }
        #expect(seen == [0, 1, 2, 3, 300])
    }

    @Test func `sources and targets may overlap`() throws {
        let folder = try TemporaryFolder()
        let null = try Files.open("/dev/null", O_RDWR)
        try folder.write("first", to: "first")
        try folder.write("second", to: "second")
        let first = OwnedDescriptor(
            owning: fcntl(try Files.open(folder.path + "/first", O_RDONLY).release(), F_DUPFD_CLOEXEC, 20)
        )
        let second = try Files.open(folder.path + "/second", O_RDONLY)
        // The second goes where the first is, and the first to 3.
        let child = try Processes.spawn(
            "/bin/sh",
            ["sh", "-c", "test \"$(cat /proc/self/fd/3)$(cat /proc/self/fd/\(first.number))\" = firstsecond"],
            ["PATH=/bin:/usr/bin"],
            descriptors: [
                (null.number, 0), (null.number, 1), (null.number, 2), (first.number, 3), (second.number, first.number),
            ]
        )
        #expect(try Processes.reap(child.pid).exitCode == 0)
    }

    @Test func `a program that is not there is an error, and leaves nothing to reap`() throws {
        let null = try Files.open("/dev/null", O_RDWR)
        let error = #expect(throws: SyscallError.self) {
            _ = try Processes.spawn("/nonexistent", ["x"], [], descriptors: [(null.number, 0)])
        }
        #expect(error?.errno == ENOENT)
    }

    @Test func `a wait status tells an exit from a signal`() {
        #expect(WaitStatus(rawValue: 0).exitCode == 0)
        #expect(WaitStatus(rawValue: 255 << 8).exitCode == 255)
        #expect(WaitStatus(rawValue: 3 << 8).signal == nil)
        #expect(WaitStatus(rawValue: SIGKILL).exitCode == nil)
        #expect(WaitStatus(rawValue: SIGKILL).signal == SIGKILL)
        #expect(WaitStatus(rawValue: SIGKILL).shellCode == 137)
        // 0x80 is set when a core was written: the number of the signal is what is below.
        #expect(WaitStatus(rawValue: SIGSEGV | 0x80).signal == SIGSEGV)
        #expect(WaitStatus(rawValue: SIGSEGV | 0x80).shellCode == 139)
    }
}
