import LinuxKernel
import Testing

@Suite("netlink messages")
struct MessageTests {
    @Test func `An address is laid out as rtnetlink wants it`() {
        let message = AddressMessages.address([10, 1, 2, 3], prefix: 32, index: 7)
        let expected: [UInt8] = [
            40, 0, 0, 0,  // length
            20, 0,  // RTM_NEWADDR
            0x05, 0x05,  // NLM_F_REQUEST | NLM_F_ACK, NLM_F_REPLACE | NLM_F_CREATE
            0, 0, 0, 0,  // sequence
            0, 0, 0, 0,  // port
            2, 32, 0, 0,  // AF_INET, prefix length, flags, scope
            7, 0, 0, 0,  // interface
            8, 0, 2, 0, 10, 1, 2, 3,  // IFA_LOCAL
            8, 0, 1, 0, 10, 1, 2, 3,  // IFA_ADDRESS
        ]
        #expect(message.bytes == expected)
    }

    @Test func `Attributes are padded to four bytes but say their own length`() {
        var message = NetlinkMessage(1, [], header: [], subject: "test")
        message.add(3, text: "eth0")
        #expect(message.bytes.suffix(12) == [9, 0, 3, 0, 101, 116, 104, 48, 0, 0, 0, 0])
        message.nest(18) { $0.add(1, byte: 5) }
        // Outer: length 12, type 18; inner: length 5, type 1, one byte, three of padding.
        #expect(message.bytes.suffix(12) == [12, 0, 18, 0, 5, 0, 1, 0, 5, 0, 0, 0])
        #expect(message.bytes.prefix(4) == [UInt8(message.bytes.count), 0, 0, 0])
    }

    @Test func `Answers that are cut short end the list instead of the program`() {
        let whole: [UInt8] = [20, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]
        #expect(NetlinkReply.messages(in: whole).first?.error == 2)
        for length in 0..<whole.count { #expect(NetlinkReply.messages(in: Array(whole.prefix(length))).isEmpty) }
        let lying: [UInt8] = [4, 0, 0, 0] + whole.dropFirst(4)
        #expect(NetlinkReply.messages(in: lying).isEmpty)
    }

    @Test func `Attributes with false lengths end the walk`() {
        for bytes: [UInt8] in [[3, 0, 1, 0], [200, 0, 1, 0, 1], [0, 0, 0, 0], [5, 0, 1]] {
            #expect(Array(NetlinkAttributes(bytes[...])).isEmpty)
        }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for attribute in NetlinkAttributes(bytes[...]) { #expect(attribute.payload.count <= bytes.count) }
            _ = NetlinkReply.messages(in: bytes).map { NetworkInterface($0) }
        }
    }
}
