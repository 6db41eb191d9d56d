import Glibc

/// Bounded waiting for the kernel: sleeps that double from 100 µs to 10 ms until a budget is used up.
struct Backoff {
    private var step: UInt32 = 100
    private(set) var remaining: UInt64

    init(microseconds: UInt64) {
        remaining = microseconds
    }

    /// Sleeps once; false when the budget is used up.
    mutating func pause() -> Bool {
        guard remaining > 0 else { return false }
        let length = UInt32(min(UInt64(step), remaining))
        usleep(length)
        remaining -= UInt64(length)
        step = min(step * 2, 10_000)
        return true
    }
}
