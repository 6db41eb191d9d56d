import Engine
import Testing

@Suite("messages about commands in jails") struct EntryMessageTests {
    static let messages: [EntryMessage] = {
        var command = EntryMessage.Command()
        (command.arguments, command.environment) = (["sh", "-c", "ä"], ["A=1", "B="])
        (command.directory, command.user, command.terminal) = ("/srv", "www:33", true)
        return [.run(jail: "web", command), .run(jail: "", .init()), .signal(28), .ended(137), .refused("no")]
    }()

    @Test func `Each is read as it was written, and not with a byte more or less`() {
        for message in Self.messages {
            #expect(EntryMessage(message.bytes) == message)
            #expect(EntryMessage(message.bytes + [0]) == nil)
            for count in 0..<message.bytes.count { #expect(EntryMessage(Array(message.bytes.prefix(count))) == nil) }
        }
    }

    /// A tenant sends these: none of them may end the supervisor, or make it take memory that it does not have.
    @Test(arguments: 0..<8) func `Any bytes are a message or none`(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
        for _ in 0..<3000 {
            var bytes = Self.messages[next(Self.messages.count)].bytes
            for _ in 0...next(6) { bytes[next(bytes.count)] = UInt8(next(256)) }
            if next(3) == 0 { bytes = Array(bytes.prefix(next(bytes.count + 1))) }
            if let message = EntryMessage(bytes), case .run(_, let command) = message { _ = try? command.request() }
        }
    }

    @Test func `A variable without a name is refused`() {
        var command = EntryMessage.Command()
        command.environment = ["=x"]
        #expect(throws: (any Error).self) { try command.request() }
    }
}
