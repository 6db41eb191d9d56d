import CLinux
import Glibc

/// A line to one family of the kernel's network configuration, in the network namespace it was opened in.
///
/// The kernel works a request off before send(2) returns, so all answers wait in the socket by then: nothing here
/// blocks.
public struct NetlinkSocket: ~Copyable, Sendable {
    /// Which part of the kernel is spoken to.
    public enum Family: Int32, Sendable {
        /// Links, addresses, routes, neighbours, queueing; rtnetlink(7).
        case route = 0
        /// Firewall; `NETLINK_NETFILTER`.
        case netfilter = 12
    }

    private let descriptor: OwnedDescriptor
    private let family: Family

    /// Opens a socket in the caller's network namespace.
    public init(_ family: Family) throws(SyscallError) {
        let fd = try checked(
            "socket",
            "AF_NETLINK",
            clinux_socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | O_CLOEXEC | O_NONBLOCK, family.rawValue)
        )
        descriptor = OwnedDescriptor(owning: Int32(fd))
        self.family = family
        // SOL_NETLINK 270: NETLINK_CAP_ACK 10 keeps the request out of answers, NETLINK_EXT_ACK 11 adds a sentence. Without
        // them a failure only says less.
        _ = clinux_setsockopt_int(descriptor.number, 270, 10, 1)
        _ = clinux_setsockopt_int(descriptor.number, 270, 11, 1)
        // SO_SNDBUFFORCE and SO_RCVBUFFORCE: a batch that publishes a thousand ports is larger than the usual buffer.
        _ = clinux_setsockopt_int(descriptor.number, SOL_SOCKET, 32, 1 << 23)
        _ = clinux_setsockopt_int(descriptor.number, SOL_SOCKET, 33, 1 << 23)
    }

    /// The number of the interface `name`.
    ///
    /// - Throws: `ENODEV` when there is none.
    public borrowing func interfaceIndex(_ name: String) throws(SyscallError) -> UInt32 {
        UInt32(try checked("ioctl SIOCGIFINDEX", name, unsafe clinux_interface_index(descriptor.number, name)))
    }

    /// Sends requests, each carried out by itself in this order.
    ///
    /// - Throws: The first failure; what comes before it in the list was done, and what comes after it was tried.
    public borrowing func perform(_ messages: [NetlinkMessage]) throws(SyscallError) {
        let answers = try exchange(messages)
        for answer in answers { try Self.check(answer, messages, firstSequence: 1) }
    }

    /// Sends requests as one transaction of nf_tables: all of them are done, or none.
    ///
    /// - Throws: The first failure; nothing was changed.
    public borrowing func transact(_ messages: [NetlinkMessage]) throws(SyscallError) {
        // NFNL_MSG_BATCH_BEGIN (16) and NFNL_MSG_BATCH_END (17), for subsystem nftables (10), as nfgenmsg.res_id says.
        let begin = NetlinkMessage(16, [], header: [0, 0, 0, 10], subject: "begin")
        let end = NetlinkMessage(17, [], header: [0, 0, 0, 10], subject: "end")
        let all = [begin] + messages + [end]
        for answer in try exchange(all) { try Self.check(answer, all, firstSequence: 1) }
    }

    /// Sends one request and gathers what the kernel lists.
    public borrowing func list(_ message: NetlinkMessage) throws(SyscallError) -> [NetlinkReply] {
        var replies: [NetlinkReply] = []
        for answer in try exchange([message], untilLast: true) {
            try Self.check(answer, [message], firstSequence: 1)
            if answer.error == nil, !answer.isLast { replies.append(answer) }
        }
        return replies
    }

    /// Waits for messages that the kernel sends of itself, at most so long.
    ///
    /// - Returns: What has come; nothing after a timeout or a signal.
    /// - Throws: `ENOBUFS` when more came than the socket holds: some are lost, and later ones come all the same.
    public borrowing func receive(milliseconds: Int32) throws(SyscallError) -> [NetlinkReply] {
        guard try Events.wait(for: [(descriptor.number, Int16(POLLIN))], milliseconds: milliseconds) != [0] else {
            return []
        }
        do throws(SyscallError) {
            return NetlinkReply.messages(in: try Files.readSome(descriptor.number, named: "netlink", upTo: 1 << 17))
        } catch  where error.errno == EAGAIN {
            return []
        }
    }

    private borrowing func exchange(
        _ messages: [NetlinkMessage],
        untilLast: Bool = false
    ) throws(SyscallError) -> [NetlinkReply] {
        var datagram: [UInt8] = []
        for (index, message) in messages.enumerated() { datagram += message.numbered(UInt32(index + 1)) }
        try Files.write(descriptor.number, datagram, named: messages.first?.subject ?? "netlink")
        var replies: [NetlinkReply] = []
        while true {
            let bytes: [UInt8]
            do throws(SyscallError) {
                bytes = try Files.readSome(descriptor.number, named: "netlink", upTo: 1 << 16)
            } catch  where error.errno == EAGAIN {
                return replies
            }
            let batch = NetlinkReply.messages(in: bytes)
            replies += batch
            if untilLast, batch.contains(where: \.isLast) { return replies }
        }
    }

    private static func check(
        _ answer: NetlinkReply,
        _ messages: [NetlinkMessage],
        firstSequence: UInt32
    ) throws(SyscallError) {
        guard let number = answer.error, number != 0 else { return }
        let index = Int(answer.sequence) - Int(firstSequence)
        let subject = messages.indices.contains(index) ? messages[index].subject : "request \(index)"
        let words = answer.explanation.map { " (\($0))" } ?? ""
        throw SyscallError(call: "netlink", subject: subject + words, errno: number)
    }
}
