/// Processor time saved up over seconds, after VServer's token bucket.
///
/// `cpu.max.burst` carries unused time over from one period of 100 ms to the next, no further. The bank does the same
/// over seconds: a jail that used less than its fill rate gathers tokens up to a size, and spends them as a higher quota
/// for as long as they last. The supervisor turns the bank once a second.
public struct CPUBank: Equatable, Sendable {
    /// Microseconds of processor time a second that are always there, and flow in.
    public let fill: UInt64
    /// The most that is saved, in microseconds.
    public let size: UInt64
    /// The most that can be had at once, in microseconds a second.
    public let peak: UInt64
    /// What is saved now.
    public private(set) var tokens: UInt64

    /// A full bank.
    public init(fill: UInt64, size: UInt64, peak: UInt64) {
        (self.fill, self.size, self.peak) = (fill, size, max(peak, fill))
        tokens = size
    }

    /// Accounts for a stretch of time and says what quota holds for the next.
    ///
    /// - Parameters:
    ///   - used: Processor time used in it, in microseconds.
    ///   - elapsed: Its length, in microseconds.
    /// - Returns: The quota, in microseconds a second: the peak while tokens are left, the fill rate when they are spent.
    public mutating func turn(used: UInt64, elapsed: UInt64) -> UInt64 {
        let (product, overflow) = fill.multipliedReportingOverflow(by: elapsed)
        let income = (overflow ? .max : product) / 1_000_000
        tokens = min(size, tokens.addingSaturated(income)).subtractingSaturated(used)
        // Less than a tenth of a second at the peak is no burst, and switching for it would only cost.
        return tokens > peak.subtractingSaturated(fill) / 10 ? peak : fill
    }
}
