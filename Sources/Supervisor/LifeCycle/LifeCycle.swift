/// The life of one jail as the supervisor drives it: a pure value, told what happened, that says what to do.
///
///            startAsked            started
///     created ───────▶ starting ───────────▶ running ◀──▶ paused
///     stopped ◀──┐        │ startFailed         │ stopAsked, unhealthy
///     failed  ◀──┼────────┘                     ▼
///                └───────────── ended ─────── stopping
///
/// A jail that ended by itself is started again as its policy says, after a delay that doubles while it keeps ending
/// soon; after too many in a row it is left alone (a crash loop).
package struct LifeCycle: Equatable, Sendable {
    /// Where the jail is.
    package enum Phase: String, Codable, Sendable {
        case created, starting, running, paused, stopping, stopped, failed
    }

    /// When a jail that ended is started again.
    package enum Policy: String, Sendable {
        case never = "no"
        case onFailure = "on-failure"
        case always
        case unlessStopped = "unless-stopped"
    }

    /// What its declaration says about restarts; times in milliseconds.
    package struct Rules: Equatable, Sendable {
        package var policy: Policy
        package var delay: Int64
        package var maxDelay: Int64
        /// Restarts in a row after which it is left alone; 0: never.
        package var limit: Int

        package init(policy: Policy = .never, delay: Int64 = 1000, maxDelay: Int64 = 60_000, limit: Int = 10) {
            (self.policy, self.delay, self.maxDelay, self.limit) = (policy, delay, maxDelay, limit)
        }
    }

    /// Who wants a start.
    package enum Reason: String, Sendable {
        case operation, restart, boot
    }

    /// What happened.
    package enum Event: Equatable, Sendable {
        /// It shall run.
        case startAsked(Reason)
        /// Its program runs.
        case started
        /// It could not be started.
        case startFailed(String)
        /// It shall end; so many milliseconds are given.
        case stopAsked(grace: Int64)
        /// Its launcher has cleaned up. `status` is a wait status as shells show it; nil if it is not known, because the
        /// launcher was killed too. `reboot`: the guest's init asked to be started again.
        case ended(status: Int32?, reboot: Bool)
        /// The delay of a restart has passed.
        case restartDue
        /// Its health check failed as often as counts.
        case unhealthy(grace: Int64)
        /// All its processes are frozen, or go on.
        case pauseChanged(Bool)
        /// A supervisor that was started anew found it like this.
        case found(Phase)
    }

    /// What is to be done.
    package enum Action: Equatable, Sendable {
        /// Start it.
        case launch
        /// Ask it to end, and kill it after the grace.
        case terminate(grace: Int64)
        /// Watch for its end and check its health.
        case watch
        /// Check its health no more.
        case unwatch
        /// Send `.restartDue` after so many milliseconds.
        case restart(after: Int64)
        /// Send no `.restartDue`.
        case forgetRestart
        /// Write down whether it shall run.
        case remember(wanted: Bool)
        /// Tell whoever listens.
        case report(Report)
    }

    /// What listeners hear.
    package enum Report: Equatable, Sendable {
        case started(Reason)
        case startFailed(String)
        case stopped(status: Int32?)
        case ended(status: Int32?)
        case restarting(after: Int64, inARow: Int)
        case crashLoop(Int)
        case unhealthy
        case paused, resumed
        case found(Phase)
    }

    /// Longer than this, in milliseconds, and a run counts as a good one: the next restart is prompt again.
    static let goodRun: Int64 = 30_000

    package private(set) var phase: Phase
    /// Whether it shall run: what a supervisor that is started anew goes by.
    package private(set) var isWanted: Bool
    /// Restarts since the last good run.
    package private(set) var restartsInARow = 0
    /// Restarts since the supervisor knows it.
    package private(set) var restarts = 0
    package var rules: Rules
    private var reason = Reason.operation
    private var startedAt: Int64 = 0
    private var startAgain = false

    /// A jail that nothing has happened to yet.
    package init(_ rules: Rules = Rules(), phase: Phase = .created, isWanted: Bool = false) {
        (self.rules, self.phase, self.isWanted) = (rules, phase, isWanted)
    }

    /// Takes in what happened.
    ///
    /// `now` is in milliseconds of a clock that never goes back.
    ///
    /// - Returns: What to do, in this order. An event that does not fit the phase changes nothing and asks for nothing.
    package mutating func handle(_ event: Event, now: Int64) -> [Action] {
        switch (event, phase) {
        case (.startAsked(let reason), .created), (.startAsked(let reason), .stopped),
            (.startAsked(let reason), .failed):
            return begin(reason)
        case (.restartDue, .stopped) where isWanted, (.restartDue, .failed) where isWanted:
            restarts += 1
            return begin(.restart)
        case (.started, .starting):
            (phase, startedAt) = (.running, now)
            return [.watch, .report(.started(reason))]
        case (.startFailed(let text), .starting):
            phase = .failed
            guard reason != .operation else { return giveUpWanting() + [.report(.startFailed(text))] }
            return [.report(.startFailed(text))] + again()
        case (.stopAsked(let grace), .running), (.stopAsked(let grace), .paused):
            (phase, isWanted, startAgain) = (.stopping, false, false)
            return [.remember(wanted: false), .unwatch, .terminate(grace: grace)]
        case (.stopAsked, .stopping):
            (isWanted, startAgain) = (false, false)
            return [.remember(wanted: false)]
        case (.stopAsked, .stopped), (.stopAsked, .failed), (.stopAsked, .created):
            return (isWanted ? giveUpWanting() : []) + [.forgetRestart]
        case (.unhealthy(let grace), .running):
            (phase, startAgain) = (.stopping, true)
            return [.report(.unhealthy), .unwatch, .terminate(grace: grace)]
        case (.ended(let status, _), .stopping) where !startAgain:
            phase = .stopped
            return [.report(.stopped(status: status))]
        case (.ended(let status, let reboot), .running), (.ended(let status, let reboot), .paused),
            (.ended(let status, let reboot), .stopping):
            return ended(status, reboot, now)
        case (.pauseChanged(true), .running):
            phase = .paused
            return [.unwatch, .report(.paused)]
        case (.pauseChanged(false), .paused):
            phase = .running
            return [.watch, .report(.resumed)]
        case (.found(let found), _):
            return take(found, now)
        default:
            return []
        }
    }

    private mutating func begin(_ reason: Reason) -> [Action] {
        (phase, self.reason, startAgain) = (.starting, reason, false)
        if reason != .restart { restartsInARow = 0 }
        defer { isWanted = true }
        return (isWanted ? [] : [.remember(wanted: true)]) + [.forgetRestart, .launch]
    }

    private mutating func ended(_ status: Int32?, _ reboot: Bool, _ now: Int64) -> [Action] {
        let wasUnhealthy = startAgain
        (phase, startAgain) = (status == nil ? .failed : .stopped, false)
        if now - startedAt >= Self.goodRun { restartsInARow = 0 }
        let report: [Action] = [.unwatch, .report(.ended(status: status))]
        if reboot {
            // The guest's own wish: prompt, and no sign of trouble.
            restartsInARow = 0
            return report + again(delay: 0)
        }
        let wanted: Bool =
            switch rules.policy {
            case .never: false
            case .onFailure: status != 0
            case .always, .unlessStopped: true
            }
        guard isWanted, wanted || wasUnhealthy else { return report + giveUpWanting() }
        return report + again()
    }

    private mutating func again(delay: Int64? = nil) -> [Action] {
        guard rules.limit == 0 || restartsInARow < rules.limit else {
            phase = .failed
            return giveUpWanting() + [.report(.crashLoop(restartsInARow))]
        }
        let doubled = rules.delay << Int64(min(restartsInARow, 20))
        let pause = delay ?? min(doubled, rules.maxDelay)
        restartsInARow += 1
        return [.report(.restarting(after: pause, inARow: restartsInARow)), .restart(after: pause)]
    }

    private mutating func giveUpWanting() -> [Action] {
        isWanted = false
        return [.remember(wanted: false)]
    }

    /// What the kernel shows wins over what was thought.
    private mutating func take(_ found: Phase, _ now: Int64) -> [Action] {
        let before = phase
        phase = found
        switch found {
        case .running where before != .running:
            startedAt = now
            return [.watch, .report(.found(found))]
        case .paused where before != .paused: return [.unwatch, .report(.found(found))]
        default: return []
        }
    }
}
