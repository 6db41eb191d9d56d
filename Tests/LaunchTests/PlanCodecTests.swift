import Launch
import LinuxKernel
import Testing

@Suite struct PlanCodecTests {
    @Test func `a plan survives its binary form whole`() throws {
        let bytes = PlanEnvelope.encode(PlanFixture.plan)
        #expect(try PlanEnvelope.decode(bytes, as: LaunchPlan.self) == PlanFixture.plan)
    }

    @Test func `a plan cut short anywhere is refused and never crashes`() {
        let bytes = PlanEnvelope.encode(PlanFixture.plan)
        for length in 0..<bytes.count {
            #expect(throws: PlanFormatError.self) {
                try PlanEnvelope.decode(Array(bytes.prefix(length)), as: LaunchPlan.self)
            }
        }
    }

    @Test func `bytes after the end are refused`() {
        let bytes = PlanEnvelope.encode(PlanFixture.plan) + [0]
        #expect(throws: PlanFormatError.self) { try PlanEnvelope.decode(bytes, as: LaunchPlan.self) }
    }

    @Test func `a plan of another version is refused with advice`() throws {
        var bytes = PlanEnvelope.encode(PlanFixture.plan)
        bytes[8] &+= 1
        let error = #expect(throws: PlanFormatError.self) { try PlanEnvelope.decode(bytes, as: LaunchPlan.self) }
        #expect(error?.reason.contains("install bailey and bailey-init together") == true)
    }

    @Test func `any single changed byte gives a plan or an error but never a crash`() {
        let bytes = PlanEnvelope.encode(PlanFixture.plan)
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 0xff
            _ = try? PlanEnvelope.decode(changed, as: LaunchPlan.self)
        }
        #expect(PlanEnvelope.encode(PlanFixture.plan) == bytes)
    }

    @Test func `a text with a zero byte is refused because the kernel would cut it there`() {
        var plan = PlanFixture.plan
        plan.hostname = "web\u{0}1"
        #expect(throws: PlanFormatError.self) {
            try PlanEnvelope.decode(PlanEnvelope.encode(plan), as: LaunchPlan.self)
        }
    }

    @Test func `namespace bits that no jail has are refused`() {
        var plan = PlanFixture.plan
        plan.namespaces = NamespaceSet(rawValue: 1 << 3)
        #expect(throws: PlanFormatError.self) {
            try PlanEnvelope.decode(PlanEnvelope.encode(plan), as: LaunchPlan.self)
        }
    }

    @Test(arguments: [
        Message.mapped(more: true), .attached, .terminal, .started, .exited(status: -1),
        .failed(StageFailure(.mounts, SyscallError(call: "move_mount", subject: "/proc", errno: 1))),
    ])
    func `each message survives its packet`(message: Message) throws {
        #expect(try Message(packet: message.bytes) == message)
    }

    @Test func `an empty packet is no message`() {
        #expect(throws: PlanFormatError.self) { try Message(packet: []) }
    }

    @Test func `every stage says what was attempted`() {
        for stage in Stage.allCases { #expect(!stage.attempt.isEmpty) }
        #expect(Set(Stage.allCases.map(\.attempt)).count == Stage.allCases.count)
    }
}
