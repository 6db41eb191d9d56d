import CLinux
import Glibc

/// One end of a connected `SOCK_SEQPACKET` pair: whole messages, with descriptors.
///
/// unix(7).
public struct PacketSocket: ~Copyable, Sendable {
    /// The descriptor behind it.
    public let descriptor: OwnedDescriptor

    /// Takes over a connected socket.
    public init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Makes a connected pair, both close-on-exec.
    public static func pair() throws(SyscallError) -> PacketPair {
        var fds: [Int32] = [-1, -1]
        let result = unsafe fds.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return -Int(EINVAL) }
            return unsafe clinux_socketpair_seqpacket(start)
        }
        try checked("socketpair", "SOCK_SEQPACKET", result)
        return PacketPair(
            first: PacketSocket(OwnedDescriptor(owning: fds[0])),
            second: PacketSocket(OwnedDescriptor(owning: fds[1]))
        )
    }

    /// Sends one packet with up to 16 descriptors, which stay open here.
    public borrowing func send(_ packet: [UInt8], descriptors: [Int32] = []) throws(SyscallError) {
        try Self.send(packet, descriptors: descriptors, through: descriptor.number)
    }

    /// As ``send(_:descriptors:)``, through a socket whose owner is elsewhere.
    public static func send(
        _ packet: [UInt8],
        descriptors: [Int32] = [],
        through number: Int32
    ) throws(SyscallError) {
        try checkedRetrying("sendmsg", "peer") {
            unsafe packet.withUnsafeBufferPointer { bytes in
                unsafe descriptors.withUnsafeBufferPointer { fds in
                    guard let start = bytes.baseAddress else { return -Int(EINVAL) }
                    return unsafe clinux_send_with_fds(number, start, bytes.count, fds.baseAddress, Int32(fds.count), 0)
                }
            }
        }
    }

    /// Whether the peer has closed its end, or died: the kernel closes a process' descriptors when it ends.
    public borrowing func isAbandoned() throws(SyscallError) -> Bool {
        try Events.wait(for: [(descriptor.number, 0)], milliseconds: 0)[0] & Int16(POLLHUP) != 0
    }

    /// Waits for one packet of at most `limit` bytes; empty when the peer has closed.
    public borrowing func receive(limit: Int) throws(SyscallError) -> ReceivedPacket {
        try Self.receive(limit: limit, through: descriptor.number)
    }

    /// As ``receive(limit:)``, through a socket whose owner is elsewhere.
    public static func receive(limit: Int, through number: Int32) throws(SyscallError) -> ReceivedPacket {
        var fds = [Int32](repeating: -1, count: 16)
        var count: Int32 = 16
        var failure = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
            guard let start = buffer.baseAddress else { return }
            let result = unsafe fds.withUnsafeMutableBufferPointer { room in
                guard let first = room.baseAddress else { return -Int(EINVAL) }
                var received: Int
                repeat {
                    count = 16
                    received = unsafe clinux_receive_with_fds(number, start, limit, first, &count, 0)
                } while received == -Int(EINTR)
                return received
            }
            failure = min(result, 0)
            used = max(result, 0)
        }
        try checked("recvmsg", "peer", failure)
        return ReceivedPacket(bytes: bytes, descriptors: Array(fds.prefix(Int(count))))
    }
}

/// Both ends of a pair.
public struct PacketPair: ~Copyable {
    /// One end.
    public var first: PacketSocket
    /// The other.
    public var second: PacketSocket

    /// Gives the first end out and closes the second, as one side does after a fork.
    public consuming func keepFirst() -> PacketSocket { first }

    /// Gives the second end out and closes the first.
    public consuming func keepSecond() -> PacketSocket { second }
}

/// A packet and the descriptors that came with it, which now belong to the receiver.
public struct ReceivedPacket: Sendable {
    /// The content.
    public let bytes: [UInt8]
    /// Open descriptors, close-on-exec; the receiver wraps each in an ``OwnedDescriptor``.
    public let descriptors: [Int32]
}
