import Comparison
import Glibc

/// Bundles whose trials were drawn and not measured: what is in them is known.
enum Drawn {
    /// Noise that is skewed as measured times are: never below, sometimes far above.
    static func noise(_ order: inout SeededOrder) -> Double {
        let uniform = Double(order.next() >> 11) / Double(1 << 53)
        let rare = order.next() % 50 == 0
        return 1 + 0.03 * (-log(1 - uniform)) + (rare ? 0.5 : 0)
    }

    /// `native`, its twin and further arms, each this much slower, over rounds in which the whole machine drifts.
    static func bundle(_ arms: [String: Double], rounds: Int, seed: UInt64) -> Bundle {
        var order = SeededOrder(seed: seed)
        var header = Bundle.Header()
        header.workloads = ["syscall"]
        let all = [("native", 1.0), ("native'", 1.0)] + arms.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        header.subjects = all.map { Bundle.Subject(name: $0.0, title: $0.0) }
        var samples: [Sample] = []
        for round in 0..<rounds {
            let drift = 1 + 0.2 * Double(round % 7) / 7
            for (name, factor) in all {
                var sample = Sample()
                (sample.round, sample.place) = (round, samples.count)
                (sample.workload, sample.subject, sample.checksum) = ("syscall", name, "100")
                sample.nanoseconds = 20_000_000
                sample.hostSpan = 20_100_000
                sample.operations = UInt64(200_000 / (factor * drift * noise(&order)))
                samples.append(sample)
            }
        }
        return Bundle(header: header, samples: samples, isComplete: true)
    }

    static func row(_ subject: String, _ bundle: Bundle) -> Analysis.Row? {
        Analysis(bundle).rows.first { $0.subject == subject }
    }
}
