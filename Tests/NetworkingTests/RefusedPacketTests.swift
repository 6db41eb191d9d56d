import LinuxKernel
import Networking
import Testing

@Suite("refused packets")
struct RefusedPacketTests {
    /// A message of the kernel about a packet: prefix, protocol of the frame, and its bytes.
    private static func message(_ prefix: String, _ etherType: [UInt8], _ packet: [UInt8]) -> NetlinkReply? {
        var message = NetlinkMessage(4 << 8, [], header: [2, 0, 0, 0], subject: "test")
        message.add(1, etherType + [0, 0])  // NFULA_PACKET_HDR: protocol, hook, padding
        message.add(10, text: prefix)
        message.add(4, network: 7)  // NFULA_IFINDEX_INDEV
        message.add(9, packet)
        return NetlinkReply.messages(in: message.bytes).first
    }

    private static let version4: [UInt8] =
        [0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 107, 0, 9, 192, 0, 2, 2] + [0x9C, 0x40, 0, 25]
        + [UInt8](repeating: 0, count: 16)

    @Test func `A packet tells its jail's address, its destination and its ports`() throws {
        let packet = try #require(Self.message("bailey smtp", [8, 0], Self.version4).flatMap(RefusedPacket.init))
        #expect(packet.kind == "smtp" && packet.interface == 7 && packet.transport == 6)
        #expect(packet.source == [10, 107, 0, 9] && packet.destination == [192, 0, 2, 2])
        #expect(packet.ports?.source == 40000 && packet.ports?.destination == 25)
    }

    @Test func `A later fragment has no ports, and another's log line is not ours`() throws {
        var fragment = Self.version4
        fragment[7] = 1
        let packet = try #require(Self.message("bailey smtp", [8, 0], fragment).flatMap(RefusedPacket.init))
        #expect(packet.ports == nil && packet.source == [10, 107, 0, 9])
        #expect(Self.message("ufw block", [8, 0], Self.version4).flatMap(RefusedPacket.init) == nil)
    }

    @Test func `Whatever a tenant sends is read within its bounds`() {
        var random = SystemRandomNumberGenerator()
        for type: [UInt8] in [[8, 0], [0x86, 0xDD], [8, 6], []] {
            for length in 0..<64 {
                for _ in 0..<20 {
                    var packet = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                    if length > 0 { packet[0] = [0x4F, 0x45, 0x60, packet[0]][Int(random.next() % 4)] }
                    _ = Self.message("bailey spoof", type, packet).flatMap(RefusedPacket.init)
                }
            }
        }
    }
}
