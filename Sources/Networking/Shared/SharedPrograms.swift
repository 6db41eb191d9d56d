/// The programs that keep a jail on its own addresses while it shares the host's network: VServer's way.
///
///     socket      streams and datagrams of TCP and UDP only
///     bind        0.0.0.0 and :: become the jail's address, 127.0.0.1 and ::1 its own loopback; others are not available
///     connect     loopback becomes its own; the source is its address; mail and the host's services are closed
///     sendmsg     the same for datagrams, where each may name a source
///     recvmsg, getsockname, getpeername   its own loopback is shown as 127.0.0.1 or ::1
///     packets     whatever a socket came by: what does not bear its address neither leaves nor arrives; all is counted
///
/// The last is the wall; the others make programs meet it rarely. Pure: the same policy gives the same bytes.
public struct SharedPrograms: Sendable {
    let policy: SharedPolicy

    /// Programs for a policy.
    public init(_ policy: SharedPolicy) { self.policy = policy }

    /// All programs, in the order in which they are hung on the cgroup.
    public var all: [SharedProgram] {
        let packets = PacketPrograms(policy)
        let version4 = Version4Programs(policy)
        let version6 = Version6Programs(policy)
        return [
            SharedProgram(9, 2, "bailey_socket", Self.socket),
            SharedProgram(8, 0, "bailey_in", packets.program(arriving: true)),
            SharedProgram(8, 1, "bailey_out", packets.program(arriving: false)),
            .address(8, "bailey_bind4", version4.bind), .address(9, "bailey_bind6", version6.bind),
            .address(10, "bailey_conn4", version4.connect), .address(11, "bailey_conn6", version6.connect),
            .address(14, "bailey_send4", version4.send), .address(15, "bailey_send6", version6.send),
            .address(19, "bailey_recv4", version4.shown), .address(20, "bailey_recv6", version6.shown),
            .address(29, "bailey_peer4", version4.shown), .address(30, "bailey_peer6", version6.shown),
            .address(31, "bailey_name4", version4.shown), .address(32, "bailey_name6", version6.shown),
        ]
    }

    /// Raw sockets would build headers, and ping sockets have no hook that could give them a source.
    private static var socket: BPFAssembler {
        var code = BPFAssembler()
        code.load(.word, .r2, .r1, Field.socketProtocol)
        code.load(.word, .r3, .r1, Field.socketType)
        code.jump(ifEqual: .r3, 1, "known")
        code.jump(ifEqual: .r3, 2, "known")
        code.jump("no")
        code.label("known")
        code.jump(ifEqual: .r2, 6, "yes")
        code.jump(ifEqual: .r2, 17, "yes")
        code.label("no")
        code.move(.r0, 0)
        code.exit()
        code.label("yes")
        code.allow()
        return code
    }

    /// Counters as the programs' table holds them: packets and bytes of each place in turn.
    public static func table(_ counters: [TrafficCounter]) -> [UInt64] {
        places.flatMap { set, isVersion6 -> [UInt64] in
            let counter = counters.first { $0.set == set && $0.isVersion6 == isVersion6 }
            return [counter?.packets ?? 0, counter?.bytes ?? 0]
        }
    }

    /// What the numbers of a table count.
    public static func counters(_ table: [UInt64]) -> [TrafficCounter] {
        guard table.count == places.count * 2 else { return [] }
        return places.enumerated().map { index, place in
            TrafficCounter(
                set: place.set,
                isVersion6: place.isVersion6,
                packets: table[index * 2],
                bytes: table[index * 2 + 1]
            )
        }
    }

    /// In the order of ``PacketPrograms/index(arriving:outside:isVersion6:)``.
    private static let places: [(set: String, isVersion6: Bool)] =
        ["out_local", "out_outside", "in_local", "in_outside"].flatMap { [($0, false), ($0, true)] }
}
