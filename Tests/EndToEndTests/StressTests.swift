import Foundation
import Testing

extension EndToEnd {
    @Suite("stress", .serialized, .enabled(if: Place.canSupervise, "needs root, the built programs and curl"))
    struct StressTests {
        /// `BAILEY_STRESS=full` makes it a thousand operations and fifty kills.
        @Test func `Random operations while the supervisor is killed again and again end in agreement`()
            async throws
        {
            let isFull = ProcessInfo.processInfo.environment["BAILEY_STRESS"] == "full"
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Stress/run").path
            try await withHost { host in
                let amount = isFull ? "--operations 1000 --kills 50" : "--operations 200 --kills 8"
                let run =
                    "python3 \(script) --bin \(Place.programs) --baileyd \(Place.supervisor ?? "") --rootfs $R --root $F/stress \(amount)"
                let result = try await host.sh(run, timeout: isFull ? 600 : 120)
                #expect(result.status == 0, "\(result)")
            }
        }
    }
}
