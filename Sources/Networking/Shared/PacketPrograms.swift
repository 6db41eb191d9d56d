/// The programs that see every packet of a jail's sockets: the wall behind all others, and the counters.
///
/// A socket can come by a foreign address in ways that no hook sees: a stream that listens without having been bound
/// accepts on all addresses of the host, and a datagram socket that was never bound gets answers on all.
struct PacketPrograms {
    private let policy: SharedPolicy

    init(_ policy: SharedPolicy) { self.policy = policy }

    /// Counters: packets and bytes, at ``index(arriving:outside:isVersion6:)``.
    static let counters: UInt32 = 8

    /// Where traffic is counted.
    static func index(arriving: Bool, outside: Bool, isVersion6: Bool) -> UInt32 {
        (arriving ? 4 : 0) + (outside ? 2 : 0) + (isVersion6 ? 1 : 0)
    }

    func program(arriving: Bool) -> BPFAssembler {
        var code = BPFAssembler()
        code.move(.r6, .r1)
        code.load(.word, .r7, .r6, Field.packetInterface)
        code.load(.word, .r8, .r6, Field.packetLength)
        code.load(.word, .r2, .r6, Field.packetProtocol)
        code.jump(ifEqual: .r2, 0x0008, "four")
        code.jump(ifEqual: .r2, 0xDD86, "six")
        code.label("no")
        code.move(.r0, 0)
        code.exit()
        code.label("four")
        load(&code, offset: arriving ? 16 : 12, length: 4)
        code.load(.word, .r2, .r10, -16)
        if let own = policy.address4 { code.jump(ifEqual: .r2, own.words[0], "count4") }
        // Its loopback is reached through lo (interface 1) alone.
        code.jump(ifNotEqual: .r7, 1, "no")
        code.jump(ifEqual: .r2, policy.loopback4.words[0], "count4")
        code.jump("no")
        code.label("six")
        load(&code, offset: arriving ? 24 : 8, length: 16)
        for (index, register) in [BPFAssembler.Register.r2, .r3, .r4, .r5].enumerated() {
            code.load(.word, register, .r10, -16 + Int16(index * 4))
        }
        if let own = policy.address6 { code.jump(ifAddress6: own, "count6") }
        code.jump(ifNotEqual: .r7, 1, "no")
        code.jump(ifAddress6: policy.loopback6, "count6")
        code.jump("no")
        count(&code, arriving: arriving, isVersion6: false)
        count(&code, arriving: arriving, isVersion6: true)
        return code
    }

    /// Copies a field of the network header to the stack; a packet that is too short has none and goes.
    private func load(_ code: inout BPFAssembler, offset: Int32, length: Int32) {
        code.move(.r1, .r6)
        code.move(.r2, offset)
        code.move(.r3, .r10)
        code.add(.r3, -16)
        code.move(.r4, length)
        code.call(.loadBytes)
        code.jump(ifNotEqual: .r0, 0, "no")
    }

    private func count(_ code: inout BPFAssembler, arriving: Bool, isVersion6: Bool) {
        let (local, known, done) = (code.newLabel(), code.newLabel(), code.newLabel())
        code.label(isVersion6 ? "count6" : "count4")
        code.jump(ifEqual: .r7, 1, local)
        code.move32(.r1, Self.index(arriving: arriving, outside: true, isVersion6: isVersion6))
        code.jump(known)
        code.label(local)
        code.move32(.r1, Self.index(arriving: arriving, outside: false, isVersion6: isVersion6))
        code.label(known)
        code.store(.word, .r10, -20, .r1)
        code.loadCounters(.r1)
        code.move(.r2, .r10)
        code.add(.r2, -20)
        code.call(.lookUp)
        code.jump(ifZero: .r0, done)
        code.move(.r1, 1)
        code.addAtomically(.r0, 0, .r1)
        code.addAtomically(.r0, 8, .r8)
        code.label(done)
        code.allow()
    }
}
