/// Where a jail is in its life, as the kernel shows it.
public enum JailState: String, Sendable, CaseIterable {
    /// It was made and has not been started yet.
    case created
    /// Its launcher is at work.
    case starting
    /// Its first process runs.
    case running
    /// Every process of it is frozen.
    case paused
    /// It has ended and kept its files.
    case stopped
    /// Its launcher was killed; the next command cleans up.
    case failed
}
