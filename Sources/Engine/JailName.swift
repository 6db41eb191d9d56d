import LinuxKernel

/// Names for jails that were given none.
enum JailName {
    private static let first = [
        "amber", "brisk", "calm", "deft", "eager", "fair", "glad", "hardy", "keen", "light", "merry", "neat", "plain",
        "quick", "ready", "sound", "tidy", "vivid", "warm", "young",
    ]
    private static let second = [
        "arch", "bridge", "court", "dome", "eave", "fort", "gate", "hall", "keep", "lodge", "moat", "nook", "porch",
        "quay", "roof", "stair", "tower", "vault", "wall", "yard",
    ]

    /// Two words and four digits; a claim tells whether it is free.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let (left, right) = (first.randomElement(using: &generator), second.randomElement(using: &generator))
        return "\(left ?? "plain")-\(right ?? "hall")-\(Int.random(in: 1000...9999, using: &generator))"
    }
}
