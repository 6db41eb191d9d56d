import CLinux
import Glibc

/// Signals taken as data, and waiting for several descriptors.
public enum Events {
    /// Blocks all signals and returns a descriptor that yields them.
    ///
    /// signalfd(2).
    ///
    /// The mask is inherited by children: they call ``resetSignals()`` before they execute anything.
    public static func takeSignals() throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("signalfd", "all signals", clinux_signalfd_all())))
    }

    /// The signals that have arrived, none if none has.
    public static func readSignals(_ fd: Int32) -> [ReceivedSignal] {
        // struct signalfd_siginfo is 128 bytes; the number is at 0, the sender's pid in the reader's namespace at 12.
        guard let bytes = try? Files.readSome(fd, named: "signalfd", upTo: 128 * 8) else { return [] }
        return stride(from: 0, to: bytes.count - 127, by: 128).map { start in
            let sender = bytes[(start + 12)..<(start + 16)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            return ReceivedSignal(number: Int32(bytes[start]), sender: sender)
        }
    }

    /// Gives every signal its default action and unblocks all.
    public static func resetSignals() throws(SyscallError) {
        try checked("sigprocmask", "all signals", clinux_signals_reset())
    }

    /// Lets writes to a closed pipe fail with `EPIPE` instead of ending the process.
    public static func ignoreBrokenPipes() {
        _ = clinux_signal_ignore(SIGPIPE)
    }

    /// Waits until one of `fds` is ready and returns its events, in the order asked; poll(2).
    ///
    /// `milliseconds`: -1 waits without end.
    /// - Returns: `revents` of each; all zero at a timeout or an interruption.
    public static func wait(
        for fds: [(fd: Int32, events: Int16)],
        milliseconds: Int32 = -1
    ) throws(SyscallError) -> [Int16] {
        var entries = fds.map { pollfd(fd: $0.fd, events: $0.events, revents: 0) }
        let count = UInt32(entries.count)
        let result = unsafe entries.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe clinux_poll(start, count, milliseconds)
        }
        if result == -Int(EINTR) { return [Int16](repeating: 0, count: fds.count) }
        try checked("poll", "\(count) descriptors", result)
        return entries.map(\.revents)
    }

    /// Makes reads and writes of `fd` answer `EAGAIN` instead of waiting.
    public static func setNonBlocking(_ fd: Int32) throws(SyscallError) {
        let flags = try checked("fcntl F_GETFL", "descriptor \(fd)", clinux_fcntl(fd, F_GETFL, 0))
        try checked("fcntl F_SETFL", "descriptor \(fd)", clinux_fcntl(fd, F_SETFL, flags | Int(O_NONBLOCK)))
    }

    /// A pipe: what is written to the second comes out of the first.
    ///
    /// pipe2(2).
    public static func pipe() throws(SyscallError) -> DescriptorPair {
        var fds: [Int32] = [-1, -1]
        let result = unsafe fds.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_pipe2(start, O_CLOEXEC)
        }
        try checked("pipe2", "", result)
        return DescriptorPair(reading: OwnedDescriptor(owning: fds[0]), writing: OwnedDescriptor(owning: fds[1]))
    }

    /// Nanoseconds of a clock; `CLOCK_MONOTONIC` by default.
    public static func now(_ clock: Int32 = CLOCK_MONOTONIC) -> Int64 {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        _ = unsafe clinux_clock_gettime(clock, &seconds, &nanoseconds)
        return seconds * 1_000_000_000 + nanoseconds
    }

    /// Sleeps, at most this long.
    public static func sleep(milliseconds: Int64) {
        _ = clinux_nanosleep(milliseconds * 1_000_000)
    }
}

/// A signal that was taken as data.
public struct ReceivedSignal: Equatable, Sendable {
    /// Its number.
    public let number: Int32
    /// Who sent it; 0 for the kernel and for processes outside the reader's pid namespace.
    public let sender: UInt32
}

/// Both ends of a pipe.
public struct DescriptorPair: ~Copyable {
    /// Where bytes come out.
    public var reading: OwnedDescriptor
    /// Where they go in.
    public var writing: OwnedDescriptor

    /// Gives both ends up; the caller closes them.
    public consuming func release() -> (reading: Int32, writing: Int32) {
        (reading.release(), writing.release())
    }
}
