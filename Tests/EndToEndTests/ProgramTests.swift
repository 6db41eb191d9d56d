import Foundation
import Testing

extension EndToEnd {
    @Suite struct ProgramTests {
        @Test(.enabled(if: ProcessInfo.processInfo.environment["BAILEY_BIN"] != nil, "BAILEY_BIN is not set"))
        func `When BAILEY_BIN names programs, the tests of jails are not skipped`() {
            #expect(Place.canRunJails)
        }
    }
}
