import Profiles
import Testing

@Suite struct PartTests {
    @Test func `a row knows which part of Bailey acts on it, so that explain promises nothing`() {
        #expect(ProfileReference.part(for: "resources.memory.max") == .launcher)
        #expect(ProfileReference.part(for: "environment.TZ") == .launcher)
        #expect(ProfileReference.part(for: "health.action") == .supervisor)
        #expect(ProfileReference.part(for: "network.egress.smtp") == .network)
        #expect(ProfileReference.part(for: "no.such.key") == nil)
    }
}
