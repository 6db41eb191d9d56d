import Glibc
import Launch
import LinuxKernel

/// Frames over a descriptor that does not wait.
struct FrameStream {
    let descriptor: Int32
    private var arrived: [UInt8] = []
    private var leaving: ArraySlice<UInt8> = []

    /// Frames over `descriptor`, which the caller keeps open and has made non-blocking.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// So much waits to be sent that its sender should wait.
    var isCongested: Bool { leaving.count > 1 << 17 }

    /// What to poll the descriptor for.
    var poll: (fd: Int32, events: Int16) {
        (descriptor, Int16(POLLIN) | (leaving.isEmpty ? 0 : Int16(POLLOUT)))
    }

    /// Appends a frame to what is to be sent, and sends what can be.
    mutating func send(_ frame: MachineFrame) throws(SyscallError) {
        leaving += frame.bytes
        try flush()
    }

    /// Sends what can be sent without waiting.
    mutating func flush() throws(SyscallError) {
        while !leaving.isEmpty {
            do throws(SyscallError) {
                let count = try Files.writeSome(descriptor, leaving.prefix(32768), named: "agent port")
                if count == 0 { return }
                leaving = leaving.dropFirst(count)
            } catch  where error.errno == EAGAIN {
                return
            }
        }
        leaving = []
    }

    /// Takes in what has arrived.
    ///
    /// - Returns: false at the end of the stream.
    mutating func receive() throws(SyscallError) -> Bool {
        do throws(SyscallError) {
            let bytes = try Files.readSome(descriptor, named: "agent port", upTo: 65536)
            arrived += bytes
            return !bytes.isEmpty
        } catch  where error.errno == EAGAIN {
            return true
        }
    }

    /// The next whole frame that has arrived.
    mutating func next() throws(PlanFormatError) -> MachineFrame? { try MachineFrame.take(from: &arrived) }

    /// Forgets a session that is over.
    mutating func reset() { (arrived, leaving) = ([], []) }

    /// Whether everything has been sent.
    var isIdle: Bool { leaving.isEmpty }
}
