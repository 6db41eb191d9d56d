/// How memory is taken back from a running jail without killing anything in it.
///
/// The kernel is asked to reclaim a step at a time. Cgroup v1 refuses a limit that it cannot reclaim down to, and with v2
/// the limit is only set once the use is below it; so nothing is killed. When the use does not fall to the target before
/// the deadline, the old limit comes back.
public struct Shrink: Equatable, Sendable {
    /// The limit before, in bytes; nil: none.
    public let from: UInt64?
    /// The limit wanted.
    public let target: UInt64
    /// How long it may take, in milliseconds.
    public let deadline: UInt64

    /// What to do next.
    public enum Step: Equatable, Sendable {
        /// Ask the kernel to reclaim down to this, and look again.
        case limit(UInt64)
        /// The target is reached.
        case done
        /// Time is up: write the old limit again, nil for none; so much is in use.
        case rollBack(UInt64?, inUse: UInt64)
    }

    /// Makes a shrink.
    public init(from: UInt64?, target: UInt64, deadline: UInt64) {
        (self.from, self.target, self.deadline) = (from, target, deadline)
    }

    /// How much one step asks the kernel to reclaim: an eighth of what is in use, at least 8 MiB.
    static func step(_ use: UInt64) -> UInt64 { max(use / 8, 8 << 20) }

    /// Decides by what is in use, what the limit is now, and how long it has taken.
    public func next(inUse use: UInt64, limit: UInt64?, elapsed: UInt64) -> Step {
        if let limit, limit <= target { return .done }
        if use <= target { return .limit(target) }
        if elapsed >= deadline { return .rollBack(from, inUse: use) }
        let wanted = max(target, use.subtractingSaturated(Self.step(use)))
        return .limit(min(limit ?? .max, wanted))
    }
}
