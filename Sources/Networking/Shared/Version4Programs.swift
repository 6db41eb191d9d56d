/// The programs about IPv4 addresses of sockets.
struct Version4Programs {
    private let policy: SharedPolicy
    private let own: UInt32
    private let loopback: UInt32
    static let anyLoopback: UInt32 = 0x0100_007F  // 127.0.0.1 as it lies in memory

    init(_ policy: SharedPolicy) {
        self.policy = policy
        // A jail without IPv4 has its loopback alone.
        own = (policy.address4 ?? policy.loopback4).words[0]
        loopback = policy.loopback4.words[0]
    }

    var bind: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        code.load(.word, .r2, .r6, Field.address4)
        code.jump(ifEqual: .r2, own, "done")
        code.jump(ifEqual: .r2, loopback, "done")
        code.jump(ifEqual: .r2, 0, "all")
        code.jump(ifEqual: .r2, Self.anyLoopback, "loopback")
        code.refuse(.addressNotAvailable)
        code.label("all")
        code.move32(.r1, own)
        code.store(.word, .r6, Field.address4, .r1)
        code.jump("done")
        code.label("loopback")
        code.move32(.r1, loopback)
        code.store(.word, .r6, Field.address4, .r1)
        code.label("done")
        code.allow(freePorts: true)
        return code
    }

    var connect: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        destination(&code, fallsBack: policy.address4 != nil)
        // r7 holds the source now. A socket that is bound already stays so, and its address was checked then.
        code.move32(.r1, 2)  // AF_INET, port 0
        code.store(.word, .r10, -16, .r1)
        code.store(.word, .r10, -12, .r7)
        code.move(.r1, 0)
        code.store(.double, .r10, -8, .r1)
        code.move(.r1, .r6)
        code.move(.r2, .r10)
        code.add(.r2, -16)
        code.move(.r3, 16)
        code.call(.bind)
        code.allow()
        return code
    }

    var send: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        // A source that the datagram itself names (IP_PKTINFO).
        code.load(.word, .r2, .r6, Field.source4)
        code.jump(ifEqual: .r2, 0, "free")
        code.jump(ifEqual: .r2, own, "free")
        code.jump(ifEqual: .r2, loopback, "free")
        code.refuse(.addressNotAvailable)
        code.label("free")
        // A connected socket names no destination here: it was checked when it was connected.
        code.load(.word, .r2, .r6, Field.family)
        code.jump(ifEqual: .r2, 0, "connected")
        destination(&code)
        code.store(.word, .r6, Field.source4, .r7)
        code.label("connected")
        code.allow()
        return code
    }

    /// The own loopback is shown as everybody's.
    var shown: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        code.load(.word, .r2, .r6, Field.address4)
        code.jump(ifNotEqual: .r2, loopback, "done")
        code.move32(.r1, Self.anyLoopback)
        code.store(.word, .r6, Field.address4, .r1)
        code.label("done")
        code.allow()
        return code
    }

    /// Checks the destination, turns loopback into the own one, and leaves the source for it in r7.
    ///
    /// `fallsBack`: a stream to loopback where nothing listens goes to the jail's address instead, because that is where a
    /// server that asked for 0.0.0.0 listens.
    private func destination(_ code: inout BPFAssembler, fallsBack: Bool = false) {
        code.load(.word, .r2, .r6, Field.address4)
        code.move32(.r7, own)
        code.jump(ifEqual: .r2, own, "checked")
        code.jump(ifEqual: .r2, 0, "loopback")
        code.jump(ifEqual: .r2, Self.anyLoopback, "loopback")
        code.jump(ifEqual: .r2, loopback, "loopback")
        Self.closed(&code, .r2, policy)
        code.jump("checked")
        code.label("loopback")
        code.move32(.r7, loopback)
        if fallsBack { fallBack(&code) }
        code.store(.word, .r6, Field.address4, .r7)
        code.label("checked")
    }

    /// Looks for a listener at the own loopback; r7 becomes the jail's address when there is none.
    private func fallBack(_ code: inout BPFAssembler) {
        // struct bpf_sock_tuple for IPv4: source, destination, source port, destination port.
        code.store(.word, .r10, -16, .r7)
        code.store(.word, .r10, -12, .r7)
        code.load(.word, .r1, .r6, Field.port)
        code.move(.r2, 0)
        code.store(.half, .r10, -8, .r2)
        code.store(.half, .r10, -6, .r1)
        code.move(.r1, .r6)
        code.move(.r2, .r10)
        code.add(.r2, -16)
        code.move(.r3, 12)
        code.move(.r4, -1)  // BPF_F_CURRENT_NETNS
        code.move(.r5, 0)
        code.call(.findStream)
        let (none, done) = (code.newLabel(), code.newLabel())
        code.jump(ifZero: .r0, none)
        code.move(.r1, .r0)
        code.call(.release)
        code.jump(done)
        code.label(none)
        code.move32(.r7, own)
        code.label(done)
    }

    /// Other loopback addresses are other jails' or the host's; groups and broadcasts reach everybody's; then the host's
    /// own addresses, and mail.
    static func closed(_ code: inout BPFAssembler, _ address: BPFAssembler.Register, _ policy: SharedPolicy) {
        let (refused, open, unreachable) = (code.newLabel(), code.newLabel(), code.newLabel())
        code.move(.r3, address)
        code.and32(.r3, 0xFF)
        code.jump(ifEqual: .r3, 127, refused)
        code.jump(ifAtLeast: .r3, 224, unreachable)
        for other in policy.closed where other.count == 4 { code.jump(ifEqual: address, other.words[0], refused) }
        if !policy.mayMail {
            code.load(.word, .r3, .r6, Field.port)
            code.jump(ifNotEqual: .r3, 0x1900, open)  // port 25 as it lies in memory
            for relay in policy.relays where relay.count == 4 { code.jump(ifEqual: address, relay.words[0], open) }
            code.refuse(.notPermitted)
        } else {
            code.jump(open)
        }
        code.label(refused)
        code.refuse(.connectionRefused)
        code.label(unreachable)
        code.refuse(.networkUnreachable)
        code.label(open)
    }
}
