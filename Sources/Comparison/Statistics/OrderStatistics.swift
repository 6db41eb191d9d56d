/// Medians and what can be said about them without assuming any shape of the distribution.
public enum OrderStatistics {
    /// The middle value; of an even number the mean of both; nil of none.
    public static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// An interval that holds the median of the population with at least this confidence; nil where there are too few values.
    ///
    /// Each value lies below the median with probability one half, so the number of values below it is binomial: between the
    /// k-th smallest and the k-th largest value the median lies with probability 1 - 2 P(B ≤ k - 1). The narrowest such
    /// interval that keeps the confidence is taken; it is exact, and for 95 % needs six values.
    ///
    /// Hahn, Meeker, "Statistical Intervals", section 5.2; the same as `scipy.stats.quantile_test(x, p=0.5)`.
    public static func medianInterval(_ values: [Double], confidence: Double = 0.95) -> ClosedRange<Double>? {
        let sorted = values.sorted()
        let allowed = (1 - confidence) / 2
        var below = 0.0
        var rank = 0
        for k in 0..<(sorted.count / 2) {
            below += binomial(sorted.count, k)
            if below > allowed { break }
            rank = k + 1
        }
        return rank == 0 ? nil : sorted[rank - 1]...sorted[sorted.count - rank]
    }

    /// The probability of k heads in n throws of a fair coin.
    private static func binomial(_ n: Int, _ k: Int) -> Double {
        // Halved as it goes, so that neither factor leaves what a Double holds.
        var result = 1.0
        var halvings = n
        for i in 0..<k {
            result *= Double(n - i) / Double(i + 1)
            while result > 1, halvings > 0 { (result, halvings) = (result / 2, halvings - 1) }
        }
        for _ in 0..<halvings { result /= 2 }
        return result
    }

    /// Places of values that lie further from the median than five times the median distance.
    ///
    /// They are shown, never left out: a tail that only one subject has is a finding.
    public static func outliers(_ values: [Double]) -> [Int] {
        guard let center = median(values), let spread = median(values.map { abs($0 - center) }), spread > 0 else {
            return []
        }
        return values.indices.filter { abs(values[$0] - center) > 5 * spread }
    }
}
