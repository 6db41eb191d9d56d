import Launch
import LinuxKernel

/// Runs `body` as part of `stage`, as `during` does for jails.
func step<Result: ~Copyable>(
    _ stage: Stage,
    _ body: () throws(SyscallError) -> Result
) throws(ContainerFailure) -> Result {
    do {
        return try body()
    } catch {
        throw ContainerFailure(stage, error)
    }
}

/// The line between runtime and container; see ``ContainerMessage``.
struct ContainerLine: ~Copyable {
    let socket: PacketSocket

    init(_ socket: consuming PacketSocket) {
        self.socket = socket
    }

    func say(_ message: ContainerMessage, descriptors: [Int32] = []) throws(SyscallError) {
        try socket.send(message.bytes, descriptors: descriptors)
    }

    /// The next message, nil when the other side is gone; descriptors that came with it belong to the caller.
    func hear() throws(SyscallError) -> (message: ContainerMessage, descriptors: [Int32])? {
        let packet = try socket.receive(limit: ContainerMessage.byteLimit)
        if packet.bytes.isEmpty { return nil }
        guard let message = try? ContainerMessage(packet: packet.bytes) else {
            throw SyscallError(call: "recvmsg", subject: "peer", errno: 71)
        }
        return (message, packet.descriptors)
    }

    /// Waits for the runtime's word.
    func awaitProceed() throws(SyscallError) {
        guard case .proceed = try hear()?.message else {
            throw SyscallError(call: "recvmsg", subject: "runtime", errno: 32)
        }
    }
}
