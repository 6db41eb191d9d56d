import Testing

@testable import Supervisor

@Suite("life cycle") struct LifeCycleTests {
    static func running(_ rules: LifeCycle.Rules, at now: Int64 = 0) -> LifeCycle {
        var life = LifeCycle(rules)
        _ = life.handle(.startAsked(.operation), now: now)
        _ = life.handle(.started, now: now)
        return life
    }

    @Test func `A start is remembered, done, watched and told`() {
        var life = LifeCycle()
        #expect(life.handle(.startAsked(.operation), now: 0) == [.remember(wanted: true), .forgetRestart, .launch])
        #expect(life.phase == .starting)
        #expect(life.handle(.startAsked(.operation), now: 0).isEmpty)
        #expect(life.handle(.started, now: 0) == [.watch, .report(.started(.operation))])
        #expect(life.phase == .running && life.isWanted)
    }

    @Test func `A stop is final, whatever the policy says`() {
        for policy in [LifeCycle.Policy.never, .onFailure, .always, .unlessStopped] {
            var life = Self.running(.init(policy: policy))
            #expect(
                life.handle(.stopAsked(grace: 5), now: 1) == [.remember(wanted: false), .unwatch, .terminate(grace: 5)]
            )
            #expect(life.handle(.ended(status: 143, reboot: false), now: 2) == [.report(.stopped(status: 143))])
            #expect(life.phase == .stopped && !life.isWanted)
            #expect(life.handle(.restartDue, now: 3).isEmpty)
        }
    }

    @Test(arguments: [
        (LifeCycle.Policy.never, Int32(0), false), (.never, 1, false), (.onFailure, 0, false), (.onFailure, 1, true),
        (.always, 0, true), (.always, 1, true), (.unlessStopped, 0, true),
    ])
    func `The policy decides whether an end is followed by a start`(
        policy: LifeCycle.Policy,
        status: Int32,
        again: Bool
    ) {
        var life = Self.running(.init(policy: policy))
        let actions = life.handle(.ended(status: status, reboot: false), now: 1)
        #expect(actions.contains(.restart(after: 1000)) == again)
        #expect(life.isWanted == again)
    }

    @Test func `Delays double while it ends soon, stay below the longest, and begin anew after a good run`() {
        var life = Self.running(.init(policy: .always, delay: 100, maxDelay: 1000, limit: 0))
        var delays: [Int64] = []
        func pause(_ actions: [LifeCycle.Action]) -> Int64? {
            for case .restart(let after) in actions { return after }
            return nil
        }
        for _ in 0..<6 {
            if let delay = pause(life.handle(.ended(status: 1, reboot: false), now: 0)) { delays.append(delay) }
            _ = life.handle(.restartDue, now: 0)
            _ = life.handle(.started, now: 0)
        }
        #expect(delays == [100, 200, 400, 800, 1000, 1000])
        #expect(pause(life.handle(.ended(status: 1, reboot: false), now: LifeCycle.goodRun)) == 100)
    }

    @Test func `A crash loop ends after the limit, and a start by hand begins anew`() {
        var life = Self.running(.init(policy: .always, delay: 1, maxDelay: 1, limit: 3))
        var last: [LifeCycle.Action] = []
        for _ in 0..<4 {
            last = life.handle(.ended(status: 1, reboot: false), now: 0)
            _ = life.handle(.restartDue, now: 0)
            _ = life.handle(.started, now: 0)
        }
        #expect(last.contains(.report(.crashLoop(3))) && life.phase == .failed && !life.isWanted)
        #expect(life.handle(.startAsked(.operation), now: 0).contains(.launch))
        #expect(life.restartsInARow == 0)
    }

    @Test func `A reboot inside is a prompt start, whatever the policy`() {
        var life = Self.running(.init(policy: .never))
        #expect(life.handle(.ended(status: 0, reboot: true), now: 1).contains(.restart(after: 0)))
        #expect(life.handle(.restartDue, now: 1).contains(.launch))
    }

    @Test func `A failed health check ends it, and it comes back even if its policy is no`() {
        var life = Self.running(.init(policy: .never))
        #expect(life.handle(.unhealthy(grace: 9), now: 1).contains(.terminate(grace: 9)))
        #expect(life.handle(.ended(status: 143, reboot: false), now: 2).contains(.restart(after: 1000)))
    }

    @Test func `A start that fails is told; by hand it is not tried again, by itself it is`() {
        var life = LifeCycle(.init(policy: .always))
        _ = life.handle(.startAsked(.operation), now: 0)
        #expect(life.handle(.startFailed("x"), now: 0) == [.remember(wanted: false), .report(.startFailed("x"))])
        life = LifeCycle(.init(policy: .always), phase: .stopped, isWanted: true)
        _ = life.handle(.startAsked(.boot), now: 0)
        #expect(life.handle(.startFailed("x"), now: 0).contains(.restart(after: 1000)))
    }

    /// Any event in any phase: never two launches without an end between them, and never a crash.
    @Test(arguments: 0..<20) func `No order of events starts a jail twice`(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: UInt64) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % bound)
        }
        var life = LifeCycle(.init(policy: .always, delay: 1, maxDelay: 4, limit: 5))
        var isUp = false
        let events: [LifeCycle.Event] = [
            .startAsked(.operation), .startAsked(.boot), .started, .startFailed("x"), .stopAsked(grace: 1),
            .ended(status: 1, reboot: false), .ended(status: nil, reboot: false), .ended(status: 0, reboot: true),
            .restartDue, .unhealthy(grace: 1), .pauseChanged(true), .pauseChanged(false),
        ]
        for now in 0..<2000 {
            let event = events[next(UInt64(events.count))]
            let before = life.phase
            let actions = life.handle(event, now: Int64(now))
            if actions.contains(.launch) {
                #expect(!isUp && [.created, .stopped, .failed].contains(before))
                isUp = true
            }
            if [.created, .stopped, .failed].contains(life.phase) { isUp = false }
            if actions.contains(.restart(after: 0)) || life.phase == .running {
                #expect(life.isWanted || life.phase == .running)
            }
        }
    }
}
