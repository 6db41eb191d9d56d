import Dispatch
import Glibc
import LinuxKernel
import Synchronization

/// Waits for the end of processes by their descriptors, all of them in one thread.
///
/// - SeeAlso: pidfd_open(2): a descriptor of a process is readable once it has ended.
final class ProcessWatch: Sendable {
    /// A process that somebody waits for.
    private struct Waiting: Sendable {
        let pid: ProcessID
        let pidfd: Int32
        let continuation: CheckedContinuation<Void, Never>
    }

    private let arrivals = Mutex<[Waiting]>([])
    /// Written to when somebody has arrived.
    private let wake: Int32

    /// Begins to watch.
    init() throws(SyscallError) {
        let pipe = try Events.pipe().release()
        wake = pipe.writing
        try Events.setNonBlocking(pipe.writing)
        try Events.setNonBlocking(pipe.reading)
        let reading = pipe.reading
        DispatchQueue(label: "bailey.watch").async { [self] in serve(reading) }
    }

    /// Returns when the process has ended, its own child or not, and reaps it if it is one.
    ///
    /// `pidfd` is closed afterwards.
    func end(of pid: ProcessID, owning pidfd: Int32) async {
        await withCheckedContinuation { continuation in
            arrivals.withLock { $0.append(Waiting(pid: pid, pidfd: pidfd, continuation: continuation)) }
            // A full pipe is as good: the thread will look.
            _ = try? Files.writeSome(wake, [1], named: "watch")
        }
    }

    private func serve(_ reading: Int32) {
        var waiting: [Waiting] = []
        while true {
            let entries = [(fd: reading, events: Int16(POLLIN))] + waiting.map { (fd: $0.pidfd, events: Int16(POLLIN)) }
            guard let ready = try? Events.wait(for: entries) else { continue }
            var left: [Waiting] = []
            for (index, one) in waiting.enumerated() {
                guard ready[index + 1] != 0 else {
                    left.append(one)
                    continue
                }
                // A launcher that an earlier supervisor spawned is somebody else's child by now.
                _ = try? Processes.reap(one.pid)
                _ = OwnedDescriptor(owning: one.pidfd)
                one.continuation.resume()
            }
            if ready[0] != 0 { _ = try? Files.readSome(reading, named: "watch", upTo: 4096) }
            waiting =
                left
                + arrivals.withLock { arrived in
                    defer { arrived = [] }
                    return arrived
                }
        }
    }
}
