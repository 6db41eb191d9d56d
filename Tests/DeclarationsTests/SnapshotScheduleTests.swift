import Profiles
import Testing

@testable import Declarations

@Suite struct `When snapshots are due` {
    private func schedule(_ flags: [(String, String)]) -> SnapshotSchedule? {
        var spec = JailSpec()
        for (key, text) in flags { #expect(spec.override(key, with: text, flag: "test").isEmpty) }
        return SnapshotSchedule(spec)
    }

    private let hour: Int64 = 3_600_000_000_000

    @Test func `a jail without a schedule has none`() {
        #expect(schedule([("snapshots.keep", "3")]) == nil)
    }

    @Test func `one is due when the last is as old as the schedule says, and when there is none`() throws {
        let schedule = try #require(self.schedule([("snapshots.every", "2h")]))
        #expect(schedule.isDue(100 * hour, last: nil))
        #expect(!schedule.isDue(100 * hour, last: 99 * hour))
        #expect(schedule.isDue(100 * hour, last: 98 * hour))
        // The clock was set back: the next one is not put off until it has caught up.
        #expect(schedule.isDue(100 * hour, last: 5000 * hour))
    }

    @Test func `the oldest go beyond the number kept, and any beyond the age`() throws {
        let times = [1, 2, 3, 4, 5].map { $0 * hour }
        let few = try #require(schedule([("snapshots.every", "1h"), ("snapshots.keep", "2")]))
        #expect(few.expired(6 * hour, times) == [0, 1, 2])
        let young = try #require(schedule([("snapshots.every", "1h"), ("snapshots.maxAge", "3h")]))
        #expect(young.expired(6 * hour, times) == [0, 1, 2])
        let both = try #require(
            schedule([("snapshots.every", "1h"), ("snapshots.keep", "4"), ("snapshots.maxAge", "90m")])
        )
        #expect(both.expired(6 * hour, times) == [0, 1, 2, 3])
    }
}
