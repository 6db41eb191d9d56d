import Engine
import Glibc
import LinuxKernel
import Profiles

/// What a round of scheduled snapshots does, or would do.
public struct ScheduledSnapshot: Equatable, Sendable {
    /// What is done.
    public enum Action: String, Sendable {
        /// A snapshot is due and taken.
        case take
        /// One is older or more than the profile keeps, and removed.
        case remove
    }

    /// The jail.
    public let jail: String
    /// What is done.
    public let action: Action
    /// The snapshot's name; empty for one that is not taken yet.
    public let label: String
}

/// When snapshots are due, by the two numbers of a profile; pure.
struct SnapshotSchedule {
    let every: Int64
    let keep: Int
    let maxAge: Int64?

    /// The schedule of a spec; nil for a jail without one.
    init?(_ spec: JailSpec) {
        guard let every = spec.snapshots.every?.value else { return nil }
        self.every = Int64(clamping: every.microseconds) * 1000
        keep = spec.snapshots.keep.value
        maxAge = spec.snapshots.maxAge.map { Int64(clamping: $0.value.microseconds) * 1000 }
    }

    /// Whether one is due, given when the last one was taken, in nanoseconds since 1970.
    ///
    /// A clock that was set back must not put snapshots off for as long as it was ahead.
    func isDue(_ now: Int64, last: Int64?) -> Bool {
        guard let last else { return true }
        return now - last >= every || last > now
    }

    /// Which of the snapshots go, given the times at which they were taken, the oldest first.
    func expired(_ now: Int64, _ times: [Int64]) -> [Int] {
        times.indices.filter { index in
            let isSpare = index < times.count - keep
            let isOld = maxAge.map { now - times[index] >= $0 } ?? false
            return isSpare || isOld
        }
    }
}

extension Engine {
    /// Takes the snapshots that are due by the profiles of all kept jails, and removes those that have expired.
    ///
    /// What fails for one jail does not keep it from the others: `failed` is told. With `dryRun` it is said only. Returns what
    /// was done, or would be.
    public func runSnapshotSchedule(
        dryRun: Bool = false,
        failed: (String, EngineError) -> Void
    ) -> [ScheduledSnapshot] {
        var done: [ScheduledSnapshot] = []
        for name in JailListing(self).names() {
            do throws(EngineError) {
                done += try runSnapshotSchedule(of: name, dryRun: dryRun)
            } catch {
                failed(name, error)
            }
        }
        return done
    }

    private func runSnapshotSchedule(of name: String, dryRun: Bool) throws(EngineError) -> [ScheduledSnapshot] {
        guard try keptDeclaration(name) != nil, let schedule = SnapshotSchedule(try keptSpec(name)) else { return [] }
        let now = Events.now(CLOCK_REALTIME)
        var own = try snapshots(of: name).filter { $0.label.hasPrefix(Engine.scheduledPrefix) }
            .map { (label: $0.label, time: $0.root.created ?? 0) }
        var done: [ScheduledSnapshot] = []
        if schedule.isDue(now, last: own.last?.time) {
            let label = dryRun ? "" : try scheduledSnapshot(name)
            done.append(ScheduledSnapshot(jail: name, action: .take, label: label))
            own.append((label, now))
        }
        // After the new one is there: a full disk must not leave a jail with fewer than it had.
        for index in schedule.expired(now, own.map(\.time)) where index < own.count - 1 {
            if !dryRun { try removeSnapshot(own[index].label, of: name) }
            done.append(ScheduledSnapshot(jail: name, action: .remove, label: own[index].label))
        }
        return done
    }
}
