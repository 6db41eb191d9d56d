import Testing

@testable import Allocation

@Suite("allocation over time") struct BankAndShrinkTests {
    @Test func `Saved time is spent at the peak, then the fill rate holds`() {
        var bank = CPUBank(fill: 500_000, size: 5_000_000, peak: 2_000_000)
        var seconds = 0
        while bank.turn(used: 2_000_000, elapsed: 1_000_000) == 2_000_000 { seconds += 1 }
        // Five seconds of saved time, spent at one and a half more than flows in; the third second is the last one.
        #expect(seconds == 2)
        #expect(bank.turn(used: 500_000, elapsed: 1_000_000) == 500_000)
        for _ in 0..<10 { _ = bank.turn(used: 0, elapsed: 1_000_000) }
        #expect(bank.tokens == 5_000_000)
        #expect(bank.turn(used: 0, elapsed: 1_000_000) == 2_000_000)
    }

    @Test func `Over a long time nobody gets more than the fill rate and one bank`() {
        var bank = CPUBank(fill: 250_000, size: 3_000_000, peak: 4_000_000)
        var (quota, total): (UInt64, UInt64) = (4_000_000, 0)
        for _ in 0..<1000 {
            total += quota
            quota = bank.turn(used: quota, elapsed: 1_000_000)
        }
        #expect(total <= 1000 * 250_000 + 3_000_000 + 2 * 4_000_000)
    }

    @Test func `A shrink asks for less step by step, and ends at its target`() {
        let shrink = Shrink(from: nil, target: 64 << 20, deadline: 1000)
        var (use, limit): (UInt64, UInt64?) = (512 << 20, nil)
        var steps = 0
        loop: while steps < 100 {
            switch shrink.next(inUse: use, limit: limit, elapsed: 0) {
            case .limit(let bytes):
                #expect(bytes >= 64 << 20 && use - bytes <= max(use / 8, 8 << 20))
                (use, limit) = (min(use, bytes), bytes)
            case .done: break loop
            case .rollBack: Issue.record("it gave up")
            }
            steps += 1
        }
        #expect(limit == 64 << 20 && steps > 5)
    }

    @Test func `What does not shrink in time has its old limit again`() {
        let shrink = Shrink(from: 256 << 20, target: 64 << 20, deadline: 1000)
        #expect(
            shrink.next(inUse: 200 << 20, limit: 200 << 20, elapsed: 1000) == .rollBack(256 << 20, inUse: 200 << 20)
        )
        // Once it fits, no deadline keeps it from being done.
        #expect(shrink.next(inUse: 64 << 20, limit: 200 << 20, elapsed: 5000) == .limit(64 << 20))
    }
}
