import CLinux
import Glibc

/// Who is at the other end of a unix socket, as the kernel knows it.
public struct PeerCredentials: Equatable, Sendable {
    /// Its process when it connected.
    public let pid: ProcessID
    /// Its effective user.
    public let uid: UInt32
    /// Its effective group.
    public let gid: UInt32

    /// Makes credentials, as for a test.
    public init(pid: ProcessID, uid: UInt32, gid: UInt32) {
        (self.pid, self.uid, self.gid) = (pid, uid, gid)
    }
}

/// Unix sockets with a place in the file system.
public enum UnixSocket {
    /// As ``listen(_:mode:)``, for whole packets, with which descriptors can come.
    public static func listenForPackets(_ path: String, mode: UInt32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("bind", path, unsafe clinux_packet_listen(path, mode))))
    }

    /// As ``connect(_:)``, for whole packets.
    public static func connectForPackets(_ path: String) throws(SyscallError) -> PacketSocket {
        let number = Int32(try checked("connect", path, unsafe clinux_packet_connect(path)))
        return PacketSocket(OwnedDescriptor(owning: number))
    }

    /// Listens at a path that does not exist yet; the file has just this mode from the first moment.
    ///
    /// - SeeAlso: unix(7).
    public static func listen(_ path: String, mode: UInt32) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("bind", path, unsafe clinux_stream_listen(path, mode))))
    }

    /// Connects; the descriptor blocks.
    public static func connect(_ path: String) throws(SyscallError) -> OwnedDescriptor {
        OwnedDescriptor(owning: Int32(try checked("connect", path, unsafe clinux_stream_connect(path))))
    }

    /// The next connection and who made it; nil when there is none waiting, or it has gone again.
    public static func accept(_ fd: Int32) throws(SyscallError) -> Accepted? {
        let result = clinux_accept(fd)
        if [Int(EAGAIN), Int(EINTR), Int(ECONNABORTED)].contains(-result) { return nil }
        let connection = OwnedDescriptor(owning: Int32(try checked("accept", "descriptor \(fd)", result)))
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        try checked("getsockopt SO_PEERCRED", "peer", unsafe clinux_peer(connection.number, &pid, &uid, &gid))
        return Accepted(connection: connection.release(), peer: PeerCredentials(pid: pid, uid: uid, gid: gid))
    }

    /// A connection that was accepted.
    public struct Accepted: Sendable {
        /// It does not block, and is the caller's to close.
        public let connection: Int32
        /// Who made it.
        public let peer: PeerCredentials
    }
}

/// A TCP connection made from within a jail's network.
public enum JailConnection {
    /// Connects to an IPv4 address and port as if from inside the jail of `process`.
    ///
    /// `process` is a process of the jail as the host sees it; `address` is in host order, and 127.0.0.1 is the jail's own
    /// loopback; the connection may take so many milliseconds.
    ///
    /// - Returns: A connected socket that does not block.
    /// - Throws: ``SyscallError``; ETIMEDOUT when time is up.
    public static func open(
        _ process: ProcessID,
        address: UInt32,
        port: UInt16,
        milliseconds: Int32
    ) throws(SyscallError) -> OwnedDescriptor {
        let network = try Files.open("/proc/\(process)/ns/net", O_RDONLY)
        let subject = "port \(port)"
        let number = try checked("socket", "network of process \(process)", clinux_socket_in_network(network.number))
        let socket = OwnedDescriptor(owning: Int32(number))
        let result = clinux_connect_ipv4(socket.number, address, UInt32(port))
        guard result != 0 else { return socket }
        guard result == -Int(EINPROGRESS) else {
            throw SyscallError(call: "connect", subject: subject, errno: Int32(-result))
        }
        let ready = try Events.wait(for: [(socket.number, Int16(POLLOUT))], milliseconds: milliseconds)
        guard ready[0] != 0 else { throw SyscallError(call: "connect", subject: subject, errno: ETIMEDOUT) }
        try checked("connect", subject, clinux_socket_error(socket.number))
        return socket
    }
}
