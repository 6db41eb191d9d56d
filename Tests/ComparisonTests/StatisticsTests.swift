import Comparison
import Foundation
import Testing

@Suite struct `Statistics of a comparison` {
    @Test func `medians and their intervals are scipy's`() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("scipy.txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 8)
        for line in lines {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            let values = Array(numbers.dropFirst(3))
            let median = try #require(OrderStatistics.median(values))
            #expect(abs(median - numbers[0]) < 1e-9)
            let interval = try #require(OrderStatistics.medianInterval(values))
            #expect(interval.lowerBound == numbers[1] && interval.upperBound == numbers[2], "\(values.count) values")
        }
    }

    @Test func `five values say nothing with 95 % confidence, and none has no median`() {
        #expect(OrderStatistics.medianInterval([1, 2, 3, 4, 5]) == nil)
        #expect(OrderStatistics.medianInterval([1, 2, 3, 4, 5, 6]) == 1...6)
        #expect(OrderStatistics.median([]) == nil)
        #expect(OrderStatistics.median([4, 1, 3, 2]) == 2.5)
    }

    @Test func `a value far away is shown and still counts`() {
        let values = [1.0, 1.1, 0.9, 1.05, 0.95, 9]
        #expect(OrderStatistics.outliers(values) == [5])
        #expect(OrderStatistics.outliers([1, 1, 1]) == [])
    }

    @Test func `identical arms show no difference, over twenty seeds and five arms each`() throws {
        var unequal = 0
        for seed in 1...20 {
            let arms = ["a": 1.0, "b": 1, "c": 1, "d": 1, "e": 1]
            for (name, _) in arms {
                let row = try #require(Drawn.row(name, Drawn.bundle(arms, rounds: 15, seed: UInt64(seed))))
                if case .noDifference = row.verdict { continue }
                unequal += 1
            }
        }
        #expect(unequal <= 5, "\(unequal) of 100 arms")
    }

    @Test(arguments: 1...20)
    func `an arm that is slowed by a fifth is found slower, and the interval holds it`(_ seed: Int) throws {
        let row = try #require(Drawn.row("slowed", Drawn.bundle(["slowed": 1.2], rounds: 25, seed: UInt64(seed))))
        #expect(row.verdict == .slower)
        #expect(try #require(row.interval).lowerBound > 1.1 && row.interval?.upperBound ?? 9 < 1.3)
    }

    @Test func `an arm that is faster by a fifth is found faster`() throws {
        let row = try #require(Drawn.row("quick", Drawn.bundle(["quick": 0.8], rounds: 25, seed: 3)))
        #expect(row.verdict == .faster)
    }

    @Test func `what came to another result is not compared, however fast it was`() throws {
        var bundle = Drawn.bundle(["cheat": 0.5], rounds: 15, seed: 1)
        for index in bundle.samples.indices where bundle.samples[index].subject == "cheat" {
            bundle.samples[index].checksum = "0"
        }
        let row = try #require(Drawn.row("cheat", bundle))
        #expect(row.verdict == .none)
        #expect(row.note.contains("another result"))
    }

    @Test func `a failed trial never counts, and is told of`() throws {
        var bundle = Drawn.bundle(["jail": 1], rounds: 15, seed: 1)
        let index = try #require(bundle.samples.firstIndex { $0.subject == "jail" })
        bundle.samples[index].failure = "no file can be made here"
        bundle.samples[index].nanoseconds = 1
        let row = try #require(Drawn.row("jail", bundle))
        #expect(row.rounds == 14)
        #expect(row.note == "1 trials failed: no file can be made here")
    }

    @Test func `the order of trials comes from the seed alone`() {
        var (one, same, other) = (SeededOrder(seed: 7), SeededOrder(seed: 7), SeededOrder(seed: 8))
        let numbers = Array(0..<50)
        #expect(numbers.shuffled(using: &one) == numbers.shuffled(using: &same))
        #expect(numbers.shuffled(using: &other) != numbers)
    }
}
