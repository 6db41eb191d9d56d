import Launch
import Profiles

/// What the rate of a link becomes.
public enum LinkRate {
    /// A token bucket: a fiftieth of a second at full rate may go at once, a quarter of one waits.
    ///
    /// Both are at least what one packet of offloaded TCP takes, for otherwise nothing would ever pass.
    /// - Returns: nil for no rate.
    public static func shape(_ rate: Limit<BitRate>?) -> Shape? {
        guard let bits = rate?.amount?.bitsPerSecond else { return nil }
        let bytes = max(1, bits / 8)
        return Shape(
            bytesPerSecond: bytes,
            burst: UInt32(clamping: max(bytes / 50, 1 << 16)),
            queue: UInt32(clamping: max(bytes / 4, 1 << 18))
        )
    }
}
