import LinuxKernel
import Profiles

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

extension JailName {
    /// Refuses what cannot be a jail's name, with the reason that a profile would get.
    static func check(_ name: String) throws(EngineError) {
        var spec = JailSpec()
        let findings = spec.override("metadata.name", with: name, flag: "the new name")
        if findings.hasErrors { throw .invalid(findings) }
    }
}
