/// The programs about IPv6 addresses of sockets, and IPv4 ones that IPv6 sockets use (`::ffff:a.b.c.d`).
struct Version6Programs {
    private let policy: SharedPolicy
    private let own: [UInt8]?
    private let own4: [UInt8]
    private static let any = [UInt8](repeating: 0, count: 16)
    private static let loopback = [UInt8](repeating: 0, count: 15) + [1]

    init(_ policy: SharedPolicy) {
        self.policy = policy
        own = policy.address6
        own4 = policy.address4 ?? policy.loopback4
    }

    private static func mapped(_ address: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + address
    }

    /// A socket of both versions that asks for all gets the IPv4 address: that is where such a program is looked for first.
    ///
    /// One of IPv6 alone gets the IPv6 address. Which it is stands in the socket itself: struct sock_common has
    /// skc_ipv6only as bit 5 of byte 19 since Linux 3.9.
    var bind: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        if let own, policy.address4 != nil {
            code.loadAddress6(Field.address6)
            for register in [BPFAssembler.Register.r2, .r3, .r4, .r5] { code.jump(ifNotEqual: register, 0, "named") }
            code.move(.r1, .r10)
            code.add(.r1, -24)
            code.move(.r2, 24)
            code.load(.double, .r3, .r6, Field.socket)
            code.call(.readKernel)
            code.load(.byte, .r7, .r10, -24 + 19)
            code.and32(.r7, 0x20)
            code.jump(ifNotEqual: .r7, 0, "six")
            code.storeAddress(Self.mapped(own4), Field.address6)
            code.allow(freePorts: true)
            code.label("six")
            code.storeAddress(own, Field.address6)
            code.allow(freePorts: true)
            code.label("named")
        }
        code.loadAddress6(Field.address6)
        let whole = own ?? Self.mapped(own4)
        let near = own == nil ? Self.mapped(policy.loopback4) : policy.loopback6
        let changes: [(from: [UInt8], to: [UInt8])] = [
            (Self.any, whole), (Self.loopback, near),
            (Self.mapped([0, 0, 0, 0]), Self.mapped(own4)),
            (Self.mapped([127, 0, 0, 1]), Self.mapped(policy.loopback4)),
        ]
        for address in [whole, near, Self.mapped(own4), Self.mapped(policy.loopback4)] {
            code.jump(ifAddress6: address, "done")
        }
        for (index, change) in changes.enumerated() { code.jump(ifAddress6: change.from, "change\(index)") }
        code.refuse(.addressNotAvailable)
        for (index, change) in changes.enumerated() {
            code.label("change\(index)")
            code.storeAddress(change.to, Field.address6)
            code.jump("done")
        }
        code.label("done")
        code.allow(freePorts: true)
        return code
    }

    var connect: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        destination(&code) { code, source in
            // struct sockaddr_in6: family and port, flow, address, scope: 28 bytes at the end of the stack.
            code.move32(.r1, 10)
            code.store(.word, .r10, -32, .r1)
            code.move(.r1, 0)
            code.store(.word, .r10, -28, .r1)
            code.store(.double, .r10, -8, .r1)
            for (index, word) in source.words.enumerated() {
                code.move32(.r1, word)
                code.store(.word, .r10, -24 + Int16(index * 4), .r1)
            }
            code.move(.r1, .r6)
            code.move(.r2, .r10)
            code.add(.r2, -32)
            code.move(.r3, 28)
            code.call(.bind)
            code.allow()
        }
        return code
    }

    var send: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        code.loadAddress6(Field.source6)
        for address in [Self.any, own, policy.loopback6].compactMap(\.self) { code.jump(ifAddress6: address, "free") }
        code.refuse(.addressNotAvailable)
        code.label("free")
        code.load(.word, .r2, .r6, Field.family)
        code.jump(ifEqual: .r2, 0, "connected")
        destination(&code) { code, source in
            code.storeAddress(source, Field.source6)
            code.allow()
        }
        code.label("connected")
        code.allow()
        return code
    }

    var shown: BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        code.loadAddress6(Field.address6)
        code.jump(ifAddress6: policy.loopback6, "near")
        code.jump(ifAddress6: Self.mapped(policy.loopback4), "near4")
        code.jump("done")
        code.label("near")
        code.storeAddress(Self.loopback, Field.address6)
        code.jump("done")
        code.label("near4")
        code.storeAddress(Self.mapped([127, 0, 0, 1]), Field.address6)
        code.label("done")
        code.allow()
        return code
    }

    /// Checks the destination, and goes on with the source that belongs to it.
    private func destination(
        _ code: inout BPFAssembler,
        then goOn: (inout BPFAssembler, _ source: [UInt8]) -> Void
    ) {
        code.loadAddress6(Field.address6)
        let near = own == nil ? Self.mapped(policy.loopback4) : policy.loopback6
        for address in [Self.any, Self.loopback, policy.loopback6] { code.jump(ifAddress6: address, "near") }
        // IPv4 inside: zeros, then ffff, then the address, in r5.
        code.jump(ifNotEqual: .r2, 0, "six")
        code.jump(ifNotEqual: .r3, 0, "six")
        code.jump(ifNotEqual: .r4, 0xFFFF_0000, "six")
        code.jump(ifEqual: .r5, Version4Programs.anyLoopback, "near4")
        code.jump(ifEqual: .r5, 0, "near4")
        code.jump(ifEqual: .r5, policy.loopback4.words[0], "near4")
        code.jump(ifEqual: .r5, own4.words[0], "far4")
        Version4Programs.closed(&code, .r5, policy)
        code.label("far4")
        goOn(&code, Self.mapped(own4))
        code.label("near4")
        code.storeAddress(Self.mapped(policy.loopback4), Field.address6)
        goOn(&code, Self.mapped(policy.loopback4))
        code.label("near")
        code.storeAddress(near, Field.address6)
        goOn(&code, near)
        code.label("six")
        guard let own else { return code.refuse(.networkUnreachable) }
        code.jump(ifAddress6: own, "far")
        closed(&code)
        code.label("far")
        goOn(&code, own)
    }

    /// Groups (ff00::/8) and link-local addresses (fe80::/10) reach what is not the jail's; other jails' loopback; the
    /// host's own addresses; and mail.
    private func closed(_ code: inout BPFAssembler) {
        code.move(.r1, .r2)
        code.and32(.r1, 0xFF)
        code.jump(ifEqual: .r1, 0xFF, "unreachable")
        code.move(.r1, .r2)
        code.and32(.r1, 0xC0FF)
        code.jump(ifEqual: .r1, 0x80FE, "unreachable")
        code.jump(ifEqual: .r2, policy.loopback6.words[0], "refused")
        for other in policy.closed where other.count == 16 { code.jump(ifAddress6: other, "refused") }
        if !policy.mayMail {
            code.load(.word, .r1, .r6, Field.port)
            code.jump(ifNotEqual: .r1, 0x1900, "open")
            for relay in policy.relays where relay.count == 16 { code.jump(ifAddress6: relay, "open") }
            code.refuse(.notPermitted)
        } else {
            code.jump("open")
        }
        code.label("unreachable")
        code.refuse(.networkUnreachable)
        code.label("refused")
        code.refuse(.connectionRefused)
        code.label("open")
    }
}
