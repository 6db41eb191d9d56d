import Glibc
import LinuxKernel
import Testing

@Suite struct `Descriptors that change hands` {
    @Test func `sealed memory keeps its content, and what is not sealed is refused`() throws {
        let memory = try SealedMemory.make("test", Array("plan".utf8))
        let change = Array("x".utf8)
        #expect(throws: SyscallError.self) { try Files.write(memory.number, change, named: "test") }
        #expect(ftruncate(memory.number, 0) == -1)
        #expect(ftruncate(memory.number, 100) == -1)
        #expect(try SealedMemory.read(memory.number) == Array("plan".utf8))

        // A file of a tmpfs can be sealed as well, and is not.
        let path = "/dev/shm/bailey-kernel-\(getpid())"
        let open = try Files.open(path, O_RDWR | O_CREAT | O_EXCL)
        try Files.remove(path)
        let error = #expect(throws: SyscallError.self) { try SealedMemory.read(open.number) }
        #expect(error?.errno == EPERM)
    }

    @Test func `a packet arrives whole, with its descriptors, which no program inherits`() throws {
        let folder = try TemporaryFolder()
        let pair = try PacketSocket.pair()
        let sent = try folder.open()
        try pair.first.send([1, 2, 3], descriptors: [Int32](repeating: sent.number, count: 16))
        try pair.first.send([4])
        let packet = try pair.second.receive(limit: 64)
        defer { for number in packet.descriptors { close(number) } }
        #expect(packet.bytes == [1, 2, 3])
        #expect(packet.descriptors.count == 16)
        let inode = try Files.status(folder.path).inode
        for number in packet.descriptors {
            #expect(try Files.status("", at: number).inode == inode)
            #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
        }
        let next = try pair.second.receive(limit: 64)
        #expect(next.bytes == [4])
        let tooMany = [Int32](repeating: sent.number, count: 17)
        #expect(throws: SyscallError.self) { try pair.first.send([5], descriptors: tooMany) }
    }

    @Test func `a peer that is gone is noticed, after what it had sent`() throws {
        let pair = try PacketSocket.pair()
        try pair.first.send([7])
        let early = try pair.second.isAbandoned()
        #expect(!early)
        let second = pair.keepSecond()
        let late = try second.isAbandoned()
        #expect(late)
        let (sent, end) = (try second.receive(limit: 8), try second.receive(limit: 8))
        #expect(sent.bytes == [7])
        #expect(end.bytes.isEmpty)
        #expect(throws: SyscallError.self) { try second.send([8]) }
    }

    @Test func `a lock is held until the last process with its descriptor ends`() throws {
        let folder = try TemporaryFolder()
        let number = try folder.open().release()
        let other = try folder.open()
        #expect(try FileLock.take(number, named: "lock", wait: false))
        #expect(try FileLock.take(other.number, named: "lock", wait: false) == false)
        let null = try Files.open("/dev/null", O_RDWR)
        let child = try Processes.spawn(
            "/bin/sleep",
            ["sleep", "60"],
            [],
            descriptors: [(null.number, 0), (null.number, 1), (null.number, 2), (number, 3)]
        )
        close(number)
        #expect(try FileLock.take(other.number, named: "lock", wait: false) == false)
        try Processes.signal(pidfd: child.pidfd.number, SIGKILL)
        #expect(try Processes.reap(child.pid).signal == SIGKILL)
        #expect(try FileLock.take(other.number, named: "lock", wait: false))
    }
}
