import Cgroups
import Testing

@Suite struct `Weights on both scales` {
    @Test func `defaults stay defaults`() {
        #expect(Weights.cpuShares(fromWeight: 100) == 1024)
        #expect(Weights.cpuWeight(fromShares: 1024) == 100)
        #expect(Weights.bfqWeight(fromWeight: 100) == 100)
    }

    @Test func `shares grow with the weight, keep its ratio, stay in the kernel's range and convert back`() {
        var last: UInt64 = 0
        for weight in UInt64(1)...10_000 {
            let shares = Weights.cpuShares(fromWeight: weight)
            #expect(shares > last && 2...262_144 ~= shares)
            #expect(Weights.cpuWeight(fromShares: shares) == weight)
            // At most half a share away from the exact ratio of 10.24.
            #expect(abs(Double(shares) - Double(weight) * 10.24) <= 0.5)
            last = shares
        }
    }

    @Test func `BFQ weights grow with the weight and stay in 1 to 1000`() {
        var last: UInt64 = 0
        for weight in UInt64(1)...10_000 {
            let bfq = Weights.bfqWeight(fromWeight: weight)
            #expect(bfq >= last && 1...1000 ~= bfq)
            last = bfq
        }
        #expect(last == 1000)
    }

    @Test(arguments: [0, UInt64.max]) func `values out of range are clamped`(_ value: UInt64) {
        #expect(2...262_144 ~= Weights.cpuShares(fromWeight: value))
        #expect(1...10_000 ~= Weights.cpuWeight(fromShares: value))
        #expect(1...1000 ~= Weights.bfqWeight(fromWeight: value))
    }
}
